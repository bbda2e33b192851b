import type { Criterion, UnitSpec } from '../../model/unit.ts';

/*
 * "All tests pass", without a command: such a criterion asks that nothing else breaks. The configuration's check of that
 * name decides it, and it never proves that the unit was done.
 */

const quantifiers = String.raw`(?:(?:all|the|every|existing|full|whole|entire|current|other|unit|integration|e2e|end-to-end|automated|project|relevant|no)\s+)`;
const passing = String.raw`(?:(?:still|must|should|shall|continue\s+to|all|also)\s+){0,3}(?:pass(?:es|ing)?|succeeds?|(?:is|are|stays?|remains?|remain)\s+(?:green|passing|clean)|green|clean)`;
const tail = String.raw`(?:\s+(?:locally|in\s+ci|after\s+(?:the|this|these)\s+changes?|cleanly|without\s+(?:errors?|failures?|warnings?|regressions?|changes|modification)))?\s*(?:\([^)]*\))?\s*[.!]?$`;

/** Sentences that ask for a check of the project, by the check's name. */
const sentences: readonly (readonly [name: string, sentence: RegExp])[] = [
  [
    'test',
    new RegExp(`^${quantifiers}{0,4}(?:tests?(?:\\s+suites?)?|test\\s+suites?|specs)\\s+${passing}${tail}`, 'i'),
  ],
  ['test', /^no\s+(?:test\s+)?regressions?\s*[.!]?$/i],
  ['lint', new RegExp(`^${quantifiers}{0,2}lint(?:er|ing)?(?:\\s+checks?)?\\s+${passing}${tail}`, 'i')],
  [
    'lint',
    /^no\s+(?:new\s+)?lint(?:er|ing)?\s+(?:errors?|warnings?|issues?)(?:\s+(?:or|and)\s+(?:errors?|warnings?))?\s*[.!]?$/i,
  ],
  ['typecheck', new RegExp(`^${quantifiers}{0,2}(?:type[- ]?check(?:s|ing)?|types)\\s+${passing}${tail}`, 'i')],
  ['typecheck', /^no\s+(?:new\s+)?(?:typescript|type)\s+errors?\s*[.!]?$/i],
  ['build', new RegExp(`^${quantifiers}{0,2}build\\s+${passing}${tail}`, 'i')],
  [
    'build',
    /^(?:the\s+)?(?:project|code|code ?base|workspace)\s+(?:builds|compiles)(?:\s+(?:cleanly|successfully|without\s+(?:errors?|warnings?)))?\s*[.!]?$/i,
  ],
];

/** The names that each check may have in the configuration. */
const names: Readonly<Record<string, readonly string[]>> = {
  test: ['test', 'tests', 'pytest', 'unittest'],
  lint: ['lint'],
  typecheck: ['typecheck', 'type-check', 'types'],
  build: ['build'],
};

/** The name of the project's check that a criterion asks for, without naming its command; null for any other criterion. */
export function guardOf({ kind, text }: Pick<Criterion, 'kind' | 'text'>): string | null {
  if (kind !== 'claim' || text.length > 200) return null;
  const plain = text.replace(/^#\d+\s+/, '').replace(/\*\*|__/g, '');
  return sentences.find(([, sentence]) => sentence.test(plain))?.[0] ?? null;
}

/** Units whose guards have the commands of the configured checks. Guards without such a check stay claims. Pure. */
export function withGuards(units: readonly UnitSpec[], checks: Readonly<Record<string, string>>): UnitSpec[] {
  const commandFor = (guard: string): string | null => {
    const found = names[guard]?.find((name) => Object.hasOwn(checks, name));
    return found === undefined ? null : (checks[found] ?? null);
  };
  return units.map((unit) => {
    const criteria = unit.criteria.map((criterion): Criterion => {
      const guard = guardOf(criterion);
      const command = guard === null ? null : commandFor(guard);
      return command === null ? criterion : { ...criterion, kind: 'check', command, isGuard: true };
    });
    return criteria.every((criterion, index) => criterion === unit.criteria[index]) ? unit : { ...unit, criteria };
  });
}
