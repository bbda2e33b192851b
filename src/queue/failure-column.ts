import type { Failure, ForbiddenTree } from '../model/failure.ts';
import { type Guard, isNumber, isText, listOf, record } from '../util/values/shape.ts';

const texts = listOf(isText);
const withFiles = record<{ readonly files: readonly string[] }>({ files: texts });

/** Per reason, what its sentence needs to be told at all; of the rest, a missing field makes a poor sentence. */
const needed: { readonly [Reason in Failure['reason']]?: Guard<never> | Guard<object> } = {
  'fewer-tests': record<{ readonly missing: readonly string[] }>({ missing: texts }),
  tampered: withFiles,
  'outside-touches': withFiles,
  'merge-conflict': withFiles,
  'forbidden-tree': record<Pick<ForbiddenTree, 'path' | 'why'>>({ path: isText, why: isText }),
  'no-progress': record<{ readonly spentMicroUsd: number }>({ spentMicroUsd: isNumber }),
};
const guards = new Map<string, (value: unknown) => boolean>(Object.entries(needed));
const hasReason = record<{ readonly reason: string }>({ reason: isText });

/** A failure as a column keeps it. */
export const isFailure: Guard<Failure> = (value): value is Failure =>
  hasReason(value) && (guards.get(value.reason)?.(value) ?? true);
