import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { knownOf } from '../../../src/engine/project/known-groups.ts';
import { openProject, readProjectSpecs } from '../../../src/engine/project/project.ts';
import { list } from '../../../src/engine/verbs/looking/list.ts';
import { openDatabase } from '../../../src/queue/database.ts';
import { reader } from '../../../src/specs/native/native.ts';
import { blocked } from '../../support/agent-script.ts';
import { serveVerbs } from '../../support/api.ts';
import { fileUnit, scripted, spec, TestProject } from '../../support/project.ts';

test('a queue keeps what its spec files were read as', async () => {
  const spec = (name: string): string => `# ${name}\n\n## Acceptance criteria\n\n- [ ] ${name}\n`;
  const ends: (() => void)[] = [];
  const made = TestProject.makeKept({ 'specs/a.md': spec('a'), 'specs/b.md': spec('b') }, (end) => ends.push(end));
  try {
    const asker = { name: 'Ada', folder: made.root, shownFrom: made.root, env: process.env };
    const folder = path.join(made.root, 'specs');
    const sync = (): Promise<unknown> =>
      Promise.resolve(list.run(asker, { folder, states: [] }, { signal: new AbortController().signal }));
    const project = await openProject(asker, folder);
    /** How many groups would be parsed now. */
    const unknown = async (): Promise<number> => {
      const database = openDatabase(project.state);
      const known = knownOf(database);
      await readProjectSpecs(project, null, { known });
      database.close();
      return known.parsed;
    };
    await sync();
    expect(await unknown()).toBe(0);
    made.write({ 'specs/b.md': spec('c') });
    expect(await unknown()).toBe(1);
    await sync();
    expect(await unknown()).toBe(0);
  } finally {
    ends.forEach((end) => end());
  }
});

test('a run, and what only looks, parse what has changed', async () => {
  const project = TestProject.make({
    ...scripted([blocked('which port?')]),
    ...fileUnit('a'),
    ...fileUnit('b'),
    ...fileUnit('c'),
  });
  const ask = await serveVerbs(project.asker);
  const parse = vi.spyOn(reader, 'parse');
  const folder = 'specs';
  /** How often the verb parses a file, if it answers as expected. */
  const parsedBy = async (verb: string, kind: string, input: object = {}): Promise<number> => {
    parse.mockClear();
    expect(await ask(verb, { folder, ...input })).toMatchObject({ kind });
    return parse.mock.calls.length;
  };
  const run = { allowUnsandboxed: true };
  expect(await parsedBy('check', 'check')).toBe(3);
  expect(existsSync(project.state)).toBe(false);
  expect(await parsedBy('run', 'run', run)).toBe(3);
  project.write({ 'specs/b.md': spec('B', [], ['other — check: `test -f other.txt`']) });
  expect(await parsedBy('check', 'check')).toBe(1);
  expect(await parsedBy('drift', 'drift')).toBe(1);
  expect(await parsedBy('check', 'check')).toBe(1); // neither of them stores what it parsed
  expect(await parsedBy('run', 'run', run)).toBe(1);
  for (const [verb, input] of [
    ['run', run],
    ['check', {}],
    ['drift', {}],
    ['list', {}],
  ] as const)
    expect([verb, await parsedBy(verb, verb === 'list' ? 'units' : verb, input)]).toEqual([verb, 0]);
});

test('a queue that is damaged is not looked into', async () => {
  const project = TestProject.make(fileUnit('a'));
  const ask = await serveVerbs(project.asker);
  await ask('list', { folder: 'specs' });
  const before = await ask('check', { folder: 'specs' });
  writeFileSync(path.join(project.state, 'backlog.db'), 'no queue\n'.repeat(1000));
  expect(await ask('check', { folder: 'specs' })).toEqual(before);
});
