import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { withoutCode } from '../text/code.ts';
import { errorAt } from '../text/source.ts';
import { type Part, textOf } from './parts.ts';

const openQuestion = '[NEEDS CLARIFICATION';

/** The first open question in the parts of a unit, if there is one. */
export function undecided(parts: readonly Part[]): readonly SpecDiagnostic[] {
  const unclear = parts.find((part) => offsetIn(textOf(part)) >= 0);
  if (!unclear) return [];
  const offset = unclear.start + offsetIn(textOf(unclear));
  const error = errorAt(
    unclear.source,
    { offset, length: openQuestion.length },
    {
      code: 'needs-clarification',
      message: 'this is not decided yet',
      hint: 'Answer it in the spec, and remove the mark.',
    },
  );
  return [error];
}

/** The offset of an open question outside of code; -1 without one. */
function offsetIn(text: string): number {
  return text.includes(openQuestion) ? withoutCode(text).indexOf(openQuestion) : -1;
}
