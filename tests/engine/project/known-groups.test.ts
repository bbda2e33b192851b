import path from 'node:path';
import { expect, test } from 'vitest';
import { knownIn } from '../../../src/engine/project/known-groups.ts';
import { openProject, readProjectSpecs } from '../../../src/engine/project/project.ts';
import { list } from '../../../src/engine/verbs/looking/list.ts';
import { openDatabase } from '../../../src/queue/database.ts';
import { TestProject } from '../../support/project.ts';

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
      const known = knownIn(database);
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
