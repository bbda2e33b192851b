import type { Diagnostic } from '../../model/diagnostic.ts';
import { sha256 } from '../../util/hash.ts';
import type { ParsedCriterion } from './criterion.ts';
import type { UnitKeys } from './unit-keys.ts';

/** A unit as one file gives it, before ids and dependencies are resolved over the whole folder. */
export interface Draft {
  readonly key: string;
  /** False when the key was derived from path and title. */
  readonly isKeyExplicit: boolean;
  readonly title: string;
  readonly file: string;
  readonly line: number;
  readonly body: string;
  readonly keys: UnitKeys;
  readonly criteria: readonly ParsedCriterion[];
  /** The unit's own box (followups), as an offset in the file. */
  readonly headBox: { readonly offset: number; readonly isTicked: boolean } | null;
  readonly problems: readonly Diagnostic[];
  /** Where a value of `keys` stands in the file. */
  readonly where: (path: readonly (string | number)[]) => Partial<Diagnostic>;
}

/** One file's drafts, and what is wrong with the file as a whole. */
export interface ParsedFile {
  readonly drafts: readonly Draft[];
  readonly diagnostics: readonly Diagnostic[];
}

/** `Über uns/FAQ.md` → `uber-uns.faq`: a usable key from any path or title; long ones end in a hash. */
export function derivedKey(...parts: readonly string[]): string {
  const slug = parts
    .flatMap((part) => part.split('/'))
    .map((part) =>
      part
        .normalize('NFKD')
        .replace(/\p{M}/gu, '')
        .toLowerCase()
        .replace(/[^a-z0-9._-]+/g, '-')
        .replace(/\.{2,}/g, '.')
        .replace(/^[-._]+|[-._]+$/g, ''),
    )
    .filter((part) => part !== '')
    .join('.')
    .replace(/\.lock$/, '-lock');
  const whole = parts.join('\n');
  if (slug === '') return `unit-${sha256(whole).slice(0, 8)}`;
  return slug.length <= 64 ? slug : `${slug.slice(0, 55).replace(/[-._]+$/, '')}-${sha256(whole).slice(0, 8)}`;
}

/** Of what is asked, ticks aside: the trailer of the landed commit carries it. */
export function criteriaHash(criteria: readonly { readonly hash: string }[]): string {
  return sha256(criteria.map((c) => c.hash).join('\n')).slice(0, 16);
}
