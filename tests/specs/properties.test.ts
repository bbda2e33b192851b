import { describe, expect, test } from 'vitest';
import { criteriaHash, type Draft, marksOf } from '../../src/specs/format/draft.ts';
import type { Group } from '../../src/specs/format/format.ts';
import { edited, type Mark } from '../../src/specs/format/mark.ts';
import { parseGroup } from '../../src/specs/format/parse-group.ts';
import { groupsOf } from '../../src/specs/formats/formats.ts';
import type { Source } from '../../src/specs/text/source.ts';
import { findMarks, withoutTicks } from '../../src/specs/ticks/marks.ts';
import { mergeSpecs } from '../../src/specs/ticks/merge.ts';
import { tickUnit, untickUnit } from '../../src/specs/ticks/tick.ts';
import { Dice, specMarkdown, wildMarkdown } from '../support/random-markdown.ts';

/*
 * What holds for every file, on files made at random. A failure names its seed.
 */

/** The paths of a format's files that are read together. */
const layouts: Readonly<Record<string, readonly string[]>> = {
  native: ['a.md'],
  followups: ['followups.md'],
  'spec-kit': ['001-a/tasks.md', '001-a/spec.md'],
  openspec: ['openspec/changes/a/proposal.md', 'openspec/changes/a/tasks.md', 'openspec/changes/a/specs/b/spec.md'],
  kiro: ['.kiro/specs/a/requirements.md', '.kiro/specs/a/design.md', '.kiro/specs/a/tasks.md'],
  'backlog-md': ['backlog/config.yml', 'backlog/tasks/task-1 - A.md'],
  bmad: ['docs/stories/1.1.story.md'],
  plain: ['docs/plans/2026-01-01-a.md'],
  gherkin: ['a.feature'],
  todo: ['TODO.md'],
  'todo-txt': ['todo.txt'],
  beads: ['.beads/issues.jsonl'],
  'task-master': ['.taskmaster/tasks/tasks.json'],
  'prd-json': ['prd.json'],
};

async function groupOf(sources: readonly Source[]): Promise<Group> {
  const groups = await groupsOf(sources);
  const [group] = groups.toSorted((a, b) => b.sources.length - a.sources.length);
  if (!group) throw new Error('no format claims these files');
  return group;
}

function sourcesOf(files: readonly string[], seed: number): Source[] {
  const dice = new Dice(seed);
  return files.map((file) => ({ file, text: dice.below(4) === 0 ? wildMarkdown(dice) : specMarkdown(dice) }));
}

const nameOf = ({ key, criteria }: Draft): string =>
  `${key.toLowerCase()} ${criteriaHash(criteria.map(({ criterion }) => criterion))}`;

/** Formats whose bodies show the boxes of damaged files, such as those below an open fence, as they are. */
const bodiesDiffer: ReadonlySet<string> = new Set(['kiro', 'plain']);
/** What a tick must leave as it is. */
const said = ({ key, title, body, keys, criteria }: Draft, format: string): unknown => ({
  ...{ key, title, keys, body: bodiesDiffer.has(format) ? '' : body.replaceAll('[]', '[ ]') },
  criteria: criteria.map(({ criterion: { text, kind, command, hash } }) => ({ text, kind, command, hash })),
});

function textsOf(sources: readonly Source[]): Map<string, string> {
  return new Map(sources.map(({ file, text }) => [file, text]));
}

/** The files with other characters for the marks of a unit. */
function withMarks(sources: readonly Source[], draft: Draft, character: (mark: Mark) => string | null): Source[] {
  const edits = marksOf(draft).flatMap((mark) => {
    const text = character(mark);
    return text === null ? [] : [{ ...mark, text }];
  });
  return sources.map(({ file, text }) => ({
    file,
    text: edited(
      text,
      edits.filter((edit) => edit.file === file),
    ),
  }));
}

const done = (sources: readonly Source[], draft: Draft): Source[] =>
  withMarks(sources, draft, (mark) => (mark.isDone ? null : mark.done));
const open = (sources: readonly Source[], draft: Draft): Source[] => withMarks(sources, draft, (mark) => mark.open);

let ticked = 0;

async function tickEach(group: Group, seed: number, format: string): Promise<void> {
  const { reader, sources } = group;
  const { drafts } = parseGroup(group);
  const seen = new Set<string>();
  for (const [index, draft] of drafts.entries()) {
    const name = nameOf(draft);
    if (seen.has(name)) continue; // the first one is meant
    seen.add(name);
    if (marksOf(draft).length === 0) continue;
    const hash = criteriaHash(draft.criteria.map(({ criterion }) => criterion));
    const changed = textsOf(await tickUnit(sources, { key: draft.key, criteriaHash: hash }));
    const after = sources.map(({ file, text }) => ({ file, text: changed.get(file) ?? text }));
    expect({ seed, after }).toEqual({ seed, after: done(sources, draft) });
    const again = parseGroup({ reader, sources: after }).drafts;
    expect({ seed, said: again.map((one) => said(one, format)) }).toEqual({
      seed,
      said: drafts.map((one) => said(one, format)),
    });
    const now = again[index];
    expect({ seed, name, isDone: now?.isDone }).toEqual({ seed, name, isDone: true });
    if (now === undefined || draft.isDone) continue;
    ticked++;
    if (!marksOf(now).every((mark) => mark.open === ' ')) continue; // a status has another word for each stage
    const back = textsOf(await untickUnit(after, { key: draft.key, criteriaHash: hash }));
    const restored = after.map(({ file, text }) => ({ file, text: back.get(file) ?? text }));
    expect({ seed, restored }).toEqual({ seed, restored: open(sources, draft) });
  }
}

describe.each(Object.entries(layouts))('%s', (format, files) => {
  test('ticks change marks alone, and opening them restores the files', async () => {
    for (let seed = 1; seed <= 120; seed++) await tickEach(await groupOf(sourcesOf(files, seed)), seed, format);
  });

  test('files merged with themselves stay as they are', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { reader, sources } = await groupOf(sourcesOf(files, seed));
      const merged = mergeSpecs(reader, { base: sources, ours: sources, theirs: sources });
      expect({ seed, merged }).toEqual({ seed, merged: sources });
    }
  });

  test('opening all marks is done once, and keeps their number and owners', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { reader, sources } = await groupOf(sourcesOf(files, seed));
      const opened = withoutTicks({ reader, sources });
      expect({ seed, opened: withoutTicks({ reader, sources: opened }) }).toEqual({ seed, opened });
      const owners = (of: readonly Source[]): string[] =>
        findMarks({ reader, sources: of }).map(({ of: owner }) => owner);
      expect({ seed, owners: owners(opened) }).toEqual({ seed, owners: owners(sources) });
    }
  });
});

test('enough units were ticked for this to mean something', () => {
  expect(ticked).toBeGreaterThan(300);
});
