import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { errorAt } from '../text/source.ts';
import { headingLength, type Part, textOf } from './parts.ts';

/** The user stories that a phase names, in its heading and in its tasks. */
export interface Joins {
  readonly resolved: number;
  /** A warning for each that `spec.md` does not have. */
  readonly dangling: readonly SpecDiagnostic[];
}

const item = /^[^\S\n]*(?:[-*+]|\d{1,9}[.)])[^\S\n].*$/gm;
const reference = /\[(US\d{1,6}[a-z]?(?:[^\S\n]*,[^\S\n]*US\d{1,6}[a-z]?)*)\]/gi;

/** Finds the stories that a phase names; `stories` are the numbers that there are. */
export function joinsOf(part: Part, stories: ReadonlySet<string>): Joins {
  const text = textOf(part);
  const named = [...text.matchAll(item)].flatMap((line) =>
    [...line[0].matchAll(reference)].flatMap((group) =>
      [...(group[1] ?? '').matchAll(/US(\d+[a-z]?)/gi)].map((one) => ({
        number: one[1] ?? '',
        offset: part.start + line.index + group.index + 1 + one.index,
        length: one[0].length,
      })),
    ),
  );
  const isInTasks = named.some(({ number }) => number === part.story);
  const heading = { number: part.story ?? '', offset: part.start, length: headingLength(part) };
  const all = part.story === null || isInTasks ? named : [heading, ...named];
  const isKnown = ({ number }: { readonly number: string }): boolean =>
    stories.has(number) || stories.has(number.toLowerCase());
  return {
    resolved: all.filter(isKnown).length,
    dangling: all.filter((one) => !isKnown(one)).map((one) => unknownStory(part, one)),
  };
}

function unknownStory(
  { source }: Part,
  { number, offset, length }: { readonly number: string; readonly offset: number; readonly length: number },
): SpecDiagnostic {
  const error = errorAt(
    source,
    { offset, length },
    {
      code: 'unknown-story',
      message: `there is no user story ${number} in spec.md`,
      hint: 'Correct the number, or add the story.',
    },
  );
  return { ...error, severity: 'warning' };
}
