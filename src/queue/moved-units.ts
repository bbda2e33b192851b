import path from 'node:path';
import { isAtWork, type UnitSpec, wholeText } from '../model/unit.ts';
import type { UnitRow } from './units.ts';

/**
 * Finds the former row of a unit whose file or folder was moved or renamed: that of a unit that is gone, and no other one now,
 * with the same text.
 * Each is given to one unit; of several with one text, to that of the file whose other units moved there, too. A unit at work is
 * the first choice, a retired one the last.
 */
export function movedUnits(
  gone: readonly UnitRow[],
  added: readonly UnitSpec[],
): (spec: UnitSpec) => UnitRow | undefined {
  const build = (): readonly FormerUnits[] => {
    const rows = gone.filter((row) => row.spec.file !== '' && row.spec.gate === null);
    const places = Map.groupBy(rows, (row) => (isAtWork(row) ? 0 : row.state === 'retired' ? 2 : 1));
    return ([0, 1, 2] as const).map((place) => new FormerUnits(places.get(place) ?? [], added));
  };
  let former: readonly FormerUnits[] | null = null; // built for the first unit that is new
  return (spec) => {
    for (const one of (former ??= build())) {
      const row = one.take(spec);
      if (row !== undefined) return row;
    }
    return undefined;
  };
}

/** A text that is in more files than this tells nothing of where they were moved. */
const mostFiles = 50;

class FormerUnits {
  /** By text, and by file. */
  readonly #rows = new Map<string, Map<string, UnitRow[]>>();
  readonly #taken = new Set<UnitRow>();
  /** For each file of new units, how many texts it has in common with each former file. */
  readonly #origins = new Map<string, Map<string, number>>();

  constructor(rows: readonly UnitRow[], added: readonly UnitSpec[]) {
    for (const row of rows)
      for (const text of textsOf(row.spec)) {
        const files = this.#rows.get(text) ?? new Map<string, UnitRow[]>();
        this.#rows.set(text, files);
        const some = files.get(row.spec.file);
        if (some) some.push(row);
        else files.set(row.spec.file, [row]);
      }
    for (const spec of rows.length === 0 ? [] : added) {
      const origins = this.#origins.get(spec.file) ?? new Map<string, number>();
      this.#origins.set(spec.file, origins);
      for (const text of textsOf(spec)) {
        const files = this.#rows.get(text);
        if (files === undefined || files.size > mostFiles) continue;
        for (const file of files.keys()) origins.set(file, (origins.get(file) ?? 0) + 1);
      }
    }
  }

  take(spec: UnitSpec): UnitRow | undefined {
    const origins = [...(this.#origins.get(spec.file) ?? [])].toSorted((a, b) => b[1] - a[1]).map(([file]) => file);
    for (const text of textsOf(spec)) {
      const files = this.#rows.get(text);
      const row = files && this.#next(files, origins);
      if (row) return row;
    }
    return undefined;
  }

  #next(files: Map<string, UnitRow[]>, origins: readonly string[]): UnitRow | undefined {
    for (const file of origins) {
      const row = this.#nextOf(files, file);
      if (row) return row;
    }
    for (const file of files.keys()) {
      const row = this.#nextOf(files, file);
      if (row) return row;
    }
    return undefined;
  }

  #nextOf(files: Map<string, UnitRow[]>, file: string): UnitRow | undefined {
    const rows = files.get(file) ?? [];
    for (let row = rows.shift(); row !== undefined; row = rows.shift()) {
      if (this.#taken.has(row)) continue;
      this.#taken.add(row);
      return row;
    }
    files.delete(file);
    return undefined;
  }
}

/**
 * All that a unit asks for, without the ids of its dependencies, which change with the names of their files: as it is written,
 * and without the folders of its files, which some formats name in it.
 */
function textsOf(spec: UnitSpec): readonly string[] {
  const { title, body, kind, touches, contracts, exclusive, phase, agent, answer, prompt, network, skills, cwd } = spec;
  const criteria = spec.criteria.map(wholeText);
  const { forEachFile } = spec; // what it is about, whether or not its text says "{file}"
  const all = { title, kind, touches, contracts, exclusive, phase, agent, answer, prompt, network, skills, cwd };
  const folders = [...new Set([spec.file, ...spec.files].map((file) => path.posix.dirname(file)))];
  const unplaced = folders
    .filter((folder) => folder !== '.')
    .reduce((text, folder, index) => text.replaceAll(`${folder}/`, `{${index}}/`), body);
  return [...new Set([body, unplaced])].map((text) => JSON.stringify([criteria, all, text, forEachFile]));
}
