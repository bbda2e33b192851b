import type { Rule } from './rule.ts';
import { severalDemands, undecidable } from './undecidable.ts';
import { boxInCode } from './code.ts';
import { guardWithoutCheck } from './guards.ts';
import { halfDone, missingContract, nearDuplicate, overlap, tooLarge } from './units.ts';

/** The rules that need only the specs. Others are in `engine/verbs/keeping/check.ts`, since they need commands or the queue. */
export const rules: readonly Rule[] = [
  undecidable,
  severalDemands,
  guardWithoutCheck,
  missingContract,
  overlap,
  nearDuplicate,
  tooLarge,
  boxInCode,
  halfDone,
];
