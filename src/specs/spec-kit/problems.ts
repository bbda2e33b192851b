import type { Diagnostic } from '../../model/diagnostic.ts';
import { errorAt } from '../text/source.ts';
import { type Part, textOf } from './parts.ts';

const openQuestion = '[NEEDS CLARIFICATION';

/** The first open question in the parts of a unit, if there is one. */
export function undecided(parts: readonly Part[]): readonly Diagnostic[] {
  const unclear = parts.find((part) => textOf(part).includes(openQuestion));
  if (!unclear) return [];
  const offset = unclear.source.text.indexOf(openQuestion, unclear.start);
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
