import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { onAttempt, onUnit, touch } from '../support/agent-script.ts';
import { scripted, spec, statesOf, TestProject } from '../support/project.ts';

test('what landed needs no ref of its own; what is on no branch keeps it, and nothing is lost', async () => {
  const it = TestProject.make({
    ...scripted([onUnit('a', onAttempt(1, touch('wrong.txt'), 'exit 0')), touch('$BACKLOG_UNIT.txt')], {
      setup: 'mkdir -p node_modules && echo x > node_modules/x',
      limits: { attempts: 2 },
    }),
    'specs/a.md': spec('A', ['touches: [a.txt]'], ['a — check: `test -f a.txt`']),
    'specs/b.md': spec('B', ['touches: [b.txt]'], ['b — check: `test -f other.txt`']),
  });
  expect(statesOf(await it.run(1))).toEqual({ a: 'done', b: 'failed: check-failed' });
  const work = (): string[] => it.git('for-each-ref', '--format=%(refname)', 'refs/backlog/work').split('\n');
  // A run gives back by itself what it proved to be on the branch.
  // What other attempts made is on no branch, and stays.
  expect(work()).toEqual(['a.1', 'b.1', 'b.2'].map((attempt) => `refs/backlog/work/${attempt}`));
  expect((await it.backlog('gc', '--json')).stdout).toBe(
    `${JSON.stringify({ schemaVersion: 1, kind: 'gc', isDry: false, refs: [], keptRefs: 3, setUps: 0, transcripts: 0, bytes: 0, records: 0 }, null, 2)}\n`,
  );
  // Branches that nobody has any more prove nothing.
  it.git('update-ref', 'refs/backlog/work/a.2', 'backlog/next');
  it.git('update-ref', '-d', 'refs/heads/backlog/next');
  await it.backlog('gc');
  expect(work().length).toBe(4);
  const setUps = path.join(it.outside, 'cache');
  const kept = readdirSync(setUps).filter((name) => name.endsWith('-set-up'));
  const folders = kept.flatMap((name) =>
    readdirSync(path.join(setUps, name)).map((key) => path.join(setUps, name, key)),
  );
  // How large an installation is was counted when it was made: its files are not looked at again.
  for (const folder of folders) {
    const file = path.join(folder, 'added.json');
    const about = JSON.parse(readFileSync(file, 'utf8')) as { bytes: number };
    expect(about.bytes).toBeGreaterThan(0);
    writeFileSync(file, JSON.stringify({ ...about, bytes: 5_000_000 }));
  }
  const dry = await it.backlog('gc', '--all', '--dry-run');
  expect(dry.stdout).toBe(
    'Would remove 0 refs, 1 set-up and the transcripts of 0 runs (4.8 MB).\n4 refs of work that is on no branch stay.\n',
  );
  expect(folders.length).toBe(1);
  await it.backlog('gc', '--all');
  expect(kept.flatMap((name) => readdirSync(path.join(setUps, name)))).toEqual([]);
  expect(existsSync(path.join(it.state, 'backlog.db'))).toBe(true);
});
