import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { parseJson } from '../../util/text/json.ts';
import { sha256 } from '../../util/values/hash.ts';
import { isBoolean, isNumber, isText, listOf, record } from '../../util/values/shape.ts';
import { own } from '../../util/values/own.ts';
import { digestOf } from '../text/source.ts';
import type { Draft } from './draft.ts';
import type { Group, Parsed } from './format.ts';
import { parseGroup } from './parse-group.ts';

type Place = Partial<SpecDiagnostic>;

/** A draft as JSON: the positions of its keys are a table. */
interface PackedDraft extends Omit<Draft, 'where'> {
  readonly places: Readonly<Record<string, Place>>;
}

interface Packed extends Omit<Parsed, 'drafts'> {
  readonly drafts: readonly PackedDraft[];
}

/**
 * What groups of files were parsed to, so that the same texts are parsed once: in the working tree and in commits, and if it
 * is stored, in later processes. Stored texts are believed as far as they have the shape of what we write: whoever can change
 * the queue's file can change its units as well. Ticks are never written from it, since their offsets matter.
 */
export class KnownGroups {
  /** Groups that were really parsed. */
  parsed = 0;
  /** Digests of all groups that were asked for. */
  readonly used = new Set<string>();
  readonly #version: string;
  readonly #stored: (digest: string) => string | null;
  readonly #known = new Map<string, Packed>();
  readonly #fresh = new Set<string>();

  /** `version` changes if a reader may read the same text as something else. */
  constructor(version: string, stored: (digest: string) => string | null = () => null) {
    this.#version = version;
    this.#stored = stored;
  }

  /** Parses a group of a format, unless it is known. */
  parse(format: string, group: Group): Parsed {
    if (group.reader.isAside === true) return parseGroup(group); // the same text may be read elsewhere
    const texts = group.sources.flatMap((source) => [source.file, digestOf(source)]);
    const digest = sha256(JSON.stringify([this.#version, format, ...texts]));
    this.used.add(digest);
    let packed = this.#known.get(digest) ?? this.#read(digest);
    if (packed === null) {
      packed = pack(parseGroup(group));
      this.parsed++;
      this.#fresh.add(digest);
    }
    this.#known.set(digest, packed);
    return { ...packed, drafts: packed.drafts.map(unpacked) };
  }

  /** What was parsed, as texts to store by digest. */
  fresh(): Map<string, string> {
    return new Map([...this.#fresh].map((digest) => [digest, JSON.stringify(this.#known.get(digest))]));
  }

  /** Frees the memory of what is stored. */
  forget(): void {
    this.#known.clear();
    this.#fresh.clear();
  }

  #read(digest: string): Packed | null {
    const text = this.#stored(digest);
    const value = text === null ? null : parseJson(text);
    return isPacked(value) ? value : null;
  }
}

function pack({ drafts, ...parsed }: Parsed): Packed {
  return {
    ...parsed,
    drafts: drafts.map(({ where, ...draft }) => ({ ...draft, places: placesOf(draft.keys, where) })),
  };
}

/** The positions of all keys, of the values in lists, and of the key that a unit always has. */
function placesOf(keys: Draft['keys'], where: Draft['where']): Record<string, Place> {
  const paths = [[], ['id'], ...Object.entries(keys).flatMap(([key, value]) => pathsOf(key, value))];
  return Object.fromEntries(paths.map((path) => [JSON.stringify(path), where(path)]));
}

function pathsOf(key: string, value: unknown): (string | number)[][] {
  const items = Array.isArray(value) ? value.map((_one, index) => [key, index]) : [];
  return [[key], ...items];
}

function unpacked({ places, ...draft }: PackedDraft): Draft {
  // Most units have no problem, and nobody asks where.
  const where: Draft['where'] = (path) => {
    for (let depth = path.length; depth > 0; depth--) {
      const place = own(places, JSON.stringify(path.slice(0, depth)));
      if (place !== undefined) return place;
    }
    return own(places, '[]') ?? {};
  };
  return { ...draft, where };
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isCriterion = record({
  criterion: record({ position: isNumber, text: isText, kind: isText, hash: isText, line: isNumber }),
  problems: listOf(isObject),
});
const isDraft = record({
  ...{ key: isText, isKeyExplicit: isBoolean, title: isText, file: isText, line: isNumber, files: listOf(isText) },
  ...{ body: isText, keys: isObject, criteria: listOf(isCriterion), marks: listOf(isObject), isDone: isBoolean },
  ...{ problems: listOf(isObject), places: isObject },
});
const hasShape = record({ drafts: listOf(isDraft), diagnostics: listOf(isObject) });

function isPacked(value: unknown): value is Packed {
  return hasShape(value);
}
