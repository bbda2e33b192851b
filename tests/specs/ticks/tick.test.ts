import { expect, test } from 'vitest';
import { parseSpecFile } from '../../../src/specs/formats/parse.ts';
import { criteriaHash } from '../../../src/specs/format/draft.ts';
import { readTicks, tickUnit } from '../../../src/specs/ticks/tick.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function tick(text: string, key: string, file = 'a.md'): string | null {
  const draft = parseSpecFile({ file, text }).drafts.find((candidate) => candidate.key === key);
  const hash = draft ? criteriaHash(draft.criteria.map((c) => c.criterion)) : 'none';
  const bytes = tickUnit({ bytes: encode(text), file, key, criteriaHash: hash });
  return bytes ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) : null;
}

test('only the characters between the brackets change', () => {
  const text =
    '\uFEFF# A\r\n\r\n## Acceptance criteria\r\n\r\n* [ ] ünï — check: `x`\r\n*   [X] done\r\n1. not a box [ ]\r\n   - [ ] nested, part of its text\r\n\r\n- [ ] b\t\r\n\r\n## Other\r\n\r\n- [ ] no criterion\r\n';
  expect(tick(text, 'a')).toBe(text.replace('* [ ]', '* [x]').replace('- [ ] b', '- [x] b'));
});

test('one unit of several in a file, and a followup with its own box', () => {
  const text =
    '## Unit: One\n\n### Acceptance criteria\n\n- [ ] 1\n\n## Unit: Two\n\n### Acceptance criteria\n\n- [ ] 2\n';
  expect(tick(text, 'a.two')).toBe(text.replace('[ ] 2', '[x] 2'));
  const followups = '- [ ] One\n  - [ ] 1\n- [ ] Two\n  - [ ] 2\n';
  expect(tick(followups, 'followups.one', 'followups.md')).toBe('- [x] One\n  - [x] 1\n- [ ] Two\n  - [ ] 2\n');
});

test('nothing is ticked in a file with other criteria, without the unit, or with nothing left to tick', () => {
  const text = '# A\n\n## Acceptance criteria\n\n- [x] 1\n';
  expect(tick(text, 'a')).toBeNull();
  expect(tick(text, 'b')).toBeNull();
  expect(
    tickUnit({ bytes: encode(text.replace('[x]', '[ ]')), file: 'a.md', key: 'a', criteriaHash: 'other' }),
  ).toBeNull();
  expect(tickUnit({ bytes: new Uint8Array([0xff, 0xfe]), file: 'a.md', key: 'a', criteriaHash: 'other' })).toBeNull();
});

test('a file tells whether a unit is ticked in it, or that it does not hold it', () => {
  const text = '# A\n\n## Acceptance criteria\n\n- [x] 1\n- [ ] 2\n';
  const hash = criteriaHash(
    parseSpecFile({ file: 'a.md', text }).drafts.flatMap((d) => d.criteria.map((c) => c.criterion)),
  );
  const ask = (version: string, key = 'a'): boolean | null =>
    readTicks(encode(version), 'a.md').of({ key, criteriaHash: hash });
  expect([ask(text), ask(text.replace('[ ]', '[x]')), ask(text, 'b'), ask('# A\n')]).toEqual([false, true, null, null]);
});
