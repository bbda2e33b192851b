import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { foldedKey } from '../../model/ids.ts';
import { sha256 } from '../../util/values/hash.ts';
import type { ParsedCriterion } from './criterion.ts';
import type { Mark } from './mark.ts';
import type { UnitKeys } from './unit-keys.ts';

/** A unit as its files define it, before ids and dependencies are resolved over the whole folder. */
export interface Draft {
  readonly key: string;
  /** False if the key was derived from path and title. */
  readonly isKeyExplicit: boolean;
  readonly title: string;
  readonly file: string;
  readonly line: number;
  /** Every file that it is read from; see `Format.claim`. */
  readonly files: readonly string[];
  readonly body: string;
  readonly keys: UnitKeys;
  /** Keys of units that go first, if there are any: an order that the format implies. */
  readonly after?: readonly string[];
  /** The key of the same work in a file of its own, if there is one with this title: then that unit is worked on. */
  readonly twin?: string;
  readonly criteria: readonly ParsedCriterion[];
  /**
   * Criteria of another unit by which this one is judged, too; see `heirOf`. They come and go with the ticks of others, so they
   * are not part of `criteriaHash`.
   */
  readonly borrowed?: readonly ParsedCriterion[];
  /** Marks of the whole unit; empty if the marks of its criteria decide. */
  readonly marks: readonly Mark[];
  /** True if its marks say that it is done. */
  readonly isDone: boolean;
  /** Why nobody works on it now, as a clause without a subject: "is in review", "is a draft". Omitted if it may run. */
  readonly hold?: string;
  /** True if its author marked it as independent of its neighbours. */
  readonly isParallel?: boolean;
  /** References to criteria in another file, such as `[US1]` or `_Requirements: 1.2_`. Those that lead nowhere are problems, too. */
  readonly joins?: { readonly resolved: number; readonly dangling: number };
  readonly problems: readonly SpecDiagnostic[];
  /** The position of a value of `keys`. */
  readonly where: (path: readonly (string | number)[]) => Partial<SpecDiagnostic>;
}

/** All marks of a unit and its criteria. */
export function marksOf({ marks, criteria }: Pick<Draft, 'marks' | 'criteria'>): Mark[] {
  return [...marks, ...criteria.flatMap(({ mark }) => mark ?? [])];
}

/** True if all marks of the unit itself are set, or, of one without any, all marks of its criteria. */
export function isTicked({ marks, criteria }: Pick<Draft, 'marks' | 'criteria'>): boolean {
  const deciding = marks.length > 0 ? marks : criteria.flatMap(({ mark }) => mark ?? []);
  return deciding.length > 0 && deciding.every(({ isDone }) => isDone);
}

/**
 * A valid key from any path or title: `Über uns/FAQ` becomes `uber-uns.faq`. Long keys, and those that lose letters of other
 * scripts, end in a hash.
 */
export function derivedKey(...parts: readonly string[]): string {
  const slug = parts
    .flatMap((part) => part.split('/'))
    .map(foldedKey)
    .filter((part) => part !== '')
    .join('.')
    .replace(/\.lock$/, '-lock');
  const whole = parts.join('\n');
  if (slug === '') return `unit-${sha256(whole).slice(0, 8)}`;
  const isLossy = /[\p{L}\p{N}]/u.test(whole.replace(/[\p{Script=Latin}\d]/gu, ''));
  if (slug.length <= 64 && !isLossy) return slug;
  return `${slug.slice(0, 55).replace(/[-._]+$/, '')}-${sha256(whole).slice(0, 8)}`;
}

/** The hash of all criteria without ticks, which the trailer of the landed commit contains. */
export function criteriaHash(criteria: readonly { readonly hash: string }[]): string {
  return sha256(criteria.map((c) => c.hash).join('\n')).slice(0, 16);
}

/** A path without its extension, for keys and titles. */
export function stem(file: string): string {
  return file.replace(/\.[^./]+$/, '');
}
