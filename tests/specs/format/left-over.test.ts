import { expect, test } from 'vitest';
import { tickUnit } from '../../../src/specs/ticks/tick.ts';
import { readUnits } from '../../support/read-units.ts';

type Files = Readonly<Record<string, string>>;

/** Three units of a list, with these boxes, and a criterion "left over" that none of them names. */
const lists: Readonly<Record<string, (a: string, b: string, c: string) => Files>> = {
  'spec-kit': (a, b, c) => ({
    '001-x/spec.md':
      '# Feature Specification: X\n## User Scenarios\n### User Story 1 - A\n**Acceptance Scenarios**:\n1. it sorts\n## Requirements\n- **FR-001**: left over\n',
    '001-x/tasks.md': `# Tasks\n## Phase 1: User Story 1 - A\n- [${a}] T001 [US1] a\n## Phase 2: B\n- [${b}] T002 b\n## Phase 3: C\n- [${c}] T003 c\n`,
  }),
  kiro: (a, b, c) => ({
    '.kiro/specs/l/requirements.md':
      '# R\n### Requirement 1\n#### Acceptance Criteria\n1. WHEN a THE SYSTEM SHALL b\n2. WHEN left over THE SYSTEM SHALL d\n',
    '.kiro/specs/l/tasks.md': [a, b, c]
      .map((box, at) => `- [${box}] ${at + 1}. ${'ABC'[at]}\n  - _Requirements: 1.1_\n`)
      .join(''),
  }),
  todo: (a, b, c) => ({
    'TODO.md': `# TODO\n\n${[a, b, c].map((box, at) => `- [${box}] Item ${at + 1}\n`).join('')}\n## Acceptance criteria\n\n- left over\n`,
  }),
};

const cases: readonly (readonly [boxes: string, judged: readonly number[]])[] = [
  ['   ', [3]],
  ['x  ', [3]],
  ['xx ', [3]],
  ['  x', [2, 3]],
  ['x x', [2, 3]],
  [' xx', [1, 3]],
  ['xxx', [3]],
];

const all = Object.entries(lists).flatMap(([format, files]) =>
  cases.map(([boxes, judged]) => ({ format, files, boxes, judged })),
);

test.each(all)(
  'what is left over in $format is asked of the last unit, and of the last open one: "$boxes"',
  async ({ files, boxes, judged }) => {
    const units = await readUnits(files(...(Array.from(boxes) as [string, string, string])));
    const having = units.flatMap(({ criteria }, at) =>
      criteria.some(({ text }) => text.includes('left over')) ? [at + 1] : [],
    );
    expect(having).toEqual(judged);
  },
);

test.each(Object.entries(lists))(
  'in %s, a unit stays the same as it borrows, and can be ticked',
  async (_name, files) => {
    const sources = Object.entries(files(' ', ' ', 'x')).map(([file, text]) => ({ file, text }));
    const [before, lending, after] = await Promise.all(
      ([' ', 'x', 'x'] as const).map(async (box, at) => (await readUnits(files(' ', at === 2 ? 'x' : ' ', box)))[1]),
    );
    expect([lending?.criteriaHash, after?.criteriaHash]).toEqual([before?.criteriaHash, before?.criteriaHash]);
    expect(lending?.contentHash).not.toBe(before?.contentHash);
    const ticked = lending === undefined ? [] : await tickUnit(sources, lending);
    const written = new Map(ticked.map(({ file, text }) => [file, text]));
    const now = sources.map(({ file, text }) => [file, written.get(file) ?? text]);
    expect(Object.fromEntries(now)).toEqual(files(' ', 'x', 'x'));
  },
);
