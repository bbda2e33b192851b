import type { Diagnostic } from '../../model/diagnostic.ts';
import { sha256 } from '../../util/values/hash.ts';
import type { ParsedCriterion } from './criterion.ts';
import type { Mark } from './mark.ts';
import type { UnitKeys } from './unit-keys.ts';

/** A unit as its files give it, before ids and dependencies are resolved over the whole folder. */
export interface Draft {
  readonly key: string;
  /** False when the key was derived from path and title. */
  readonly isKeyExplicit: boolean;
  readonly title: string;
  /** Where it stands. */
  readonly file: string;
  readonly line: number;
  /** Every file that it is read from; claimed without others, they are read together, too. */
  readonly files: readonly string[];
  readonly body: string;
  readonly keys: UnitKeys;
  readonly criteria: readonly ParsedCriterion[];
  /** Its own, which speak for the whole of it; none where those of its criteria decide. */
  readonly marks: readonly Mark[];
  /** True when its files say that it is done. */
  readonly isDone: boolean;
  readonly problems: readonly Diagnostic[];
  /** Where a value of `keys` stands. */
  readonly where: (path: readonly (string | number)[]) => Partial<Diagnostic>;
}

/** All marks of a unit: its own, and those of its criteria. */
export function marksOf({ marks, criteria }: Pick<Draft, 'marks' | 'criteria'>): Mark[] {
  return [...marks, ...criteria.flatMap(({ mark }) => mark ?? [])];
}

/** True when a unit's own marks say that it is done, which speak for all of it; else when all of its criteria's do. */
export function isTicked({ marks, criteria }: Pick<Draft, 'marks' | 'criteria'>): boolean {
  const isDone = (some: readonly Mark[]): boolean => some.length > 0 && some.every((mark) => mark.isDone);
  return isDone(marks) || isDone(criteria.flatMap(({ mark }) => mark ?? []));
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

/** The name of a file without its ending, for keys and titles. */
export function stem(file: string): string {
  return file.replace(/\.[^./]+$/, '');
}
