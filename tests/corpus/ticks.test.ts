import path from 'node:path';
import { expect, test } from 'vitest';
import { parseGroup } from '../../src/specs/format/parse-group.ts';
import type { Group } from '../../src/specs/format/format.ts';
import { type Draft, marksOf } from '../../src/specs/format/draft.ts';
import { withMarks } from '../../src/specs/ticks/marks.ts';
import { corpus, foldersIn, readRepository } from './corpus.ts';

/** A text without boxes, statuses, strokes and other marks, and without empty lines. */
function unmarked(text: string): string {
  const rest = text.replaceAll(/^#+[ \t]*status[ \t]*\r?\n(?:[ \t]*\r?\n)*[^\n]*/gim, ''); // a line below its heading
  const lines = rest.split(/\r?\n/).map(withoutMarks);
  return lines.filter((line) => !/^\W*(?:status\W*)?$/i.test(line)).join('\n');
}

/** The entry of a story in `sprint-status.yaml`. */
const tracked = /^(\s+["']?[\w.-]*\d-[\w.-]+["']?\s*:\s+)["']?[a-z]+(?:[-_ ][a-z]+)*["']?(?=\s*(?:[#(]|$))/i;

function withoutMarks(line: string): string {
  return line
    .replace(tracked, '$1')
    .replaceAll(/\\u001b\[[\d;]*m/g, '') // colours of a terminal
    .replaceAll(/\[[ xX~✓✔✅-]?\]/g, '[]')
    .replace(/^(\W*status\W+)[^]*$/i, '$1')
    .replaceAll(/("status"\s*:\s*)"[^"]*"/g, '$1')
    .replaceAll(/,?\s*("(?:passes|complete|completed|status|done)"\s*:\s*)(?:true|false|"[^"]*")/g, '')
    .replace(/^(?:x \d{4}-\d{2}-\d{2} )(?:\([A-Z]\) )?/, '')
    .replace(/^\([A-Z]\) /, '')
    .replaceAll(
      /(?<=\|)[^|\w]*(?:done|closed|complete|completed|partial|open|to ?do|pending|in progress|not started|planned|draft|ready|backlog|blocked|review)[^|\w]*(?=\||$)/gi,
      '',
    )
    .replaceAll('~~', '');
}

/** What two texts do not share at their beginning and end. */
function apart(one: string, other: string): readonly [string, string] {
  let start = 0;
  while (start < one.length && one[start] === other[start]) start++;
  let end = 0;
  while (end < Math.min(one.length, other.length) - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  return [
    one.slice(Math.max(0, start - 20), one.length - end),
    other.slice(Math.max(0, start - 20), other.length - end),
  ];
}

/** What must stay: everything of a unit but its marks. */
function asked({ key, title, body, criteria }: Draft): unknown {
  return [key, title, body, criteria.map(({ criterion: { text, kind, command } }) => [text, kind, command])];
}

/** Sets all open marks of a group, and says how many they are; throws if anything but marks changes. */
function tickAll(group: Group, name: string): number {
  const before = parseGroup(group);
  const open = before.drafts.flatMap(marksOf).filter(({ isDone }) => !isDone);
  const each = new Map(open.map((mark) => [`${mark.file} ${mark.start}`, mark]));
  if (before.diagnostics.length > 0 || each.size === 0) return 0;
  const sources = withMarks(group.sources, [...each.values()], ({ done }) => done);
  for (const [index, { text }] of sources.entries()) {
    const [here, there] = apart(unmarked(group.sources[index]?.text ?? ''), unmarked(text));
    expect([name, there]).toEqual([name, here]);
  }
  const after = parseGroup({ ...group, sources });
  expect(after.drafts.map(asked), name).toEqual(before.drafts.map(asked));
  const isMarked = (draft: Draft): boolean => marksOf(draft).length > 0;
  const undone = after.drafts.filter((draft) => isMarked(draft) && !draft.isDone && draft.hold === undefined);
  expect(
    undone.map(({ key }) => key),
    name,
  ).toEqual([]);
  return each.size;
}

/** The same files as Windows and its editors write them. */
function windows({ reader, sources }: Group): Group {
  return {
    reader,
    sources: sources.map(({ file, text }) => ({ file, text: `\uFEFF${text.replaceAll(/\r?\n/g, '\r\n')}` })),
  };
}

test('ticking all open units of every file changes only marks', { timeout: 1_800_000 }, async () => {
  let [groups, units, marks] = [0, 0, 0];
  for (const format of foldersIn(corpus)) {
    for (const repository of foldersIn(path.join(corpus, format))) {
      for (const { claim, group, parsed } of await readRepository(path.join(corpus, format, repository))) {
        groups++;
        units += parsed.drafts.length;
        const name = `${claim.format.name} ${format}/${repository}/${claim.files[0] ?? ''}`;
        const set = tickAll(group, name);
        marks += set;
        if (set > 0) expect([name, tickAll(windows(group), `${name} with CRLF and BOM`)]).toEqual([name, set]);
      }
    }
  }
  process.stdout.write(`${groups} groups, ${units} units, ${marks} marks set\n`);
  expect([units > 500, marks > 100]).toEqual([true, true]);
});
