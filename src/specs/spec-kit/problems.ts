import type { Diagnostic } from '../../model/diagnostic.ts';
import { errorAt } from '../text/source.ts';
import { headingLength, type Part, textOf } from './parts.ts';

const openQuestion = '[NEEDS CLARIFICATION';

/** A phase that names a user story which `spec.md` does not have. */
export function unknownStory(part: Part, story: string): Diagnostic {
  const place = { offset: part.start, length: headingLength(part) };
  const error = errorAt(part.source, place, {
    code: 'unknown-story',
    message: `there is no user story ${story} in spec.md`,
    hint: 'Correct the number, or add the story.',
  });
  return { ...error, severity: 'warning' };
}

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
