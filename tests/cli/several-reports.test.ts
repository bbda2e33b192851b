import { expect, test } from 'vitest';
import { fail, onUnit, unlessThere } from '../support/agent-script.ts';
import { fileUnit, scripted, spec, TestProject, writeFile } from '../support/project.ts';

const steady = (text: string): string =>
  text
    .replace(/\d{8}-\d{6}-[0-9a-f]{4}/g, '<run>')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, '<time>')
    .replace(/[\d.]+ m?s(?= \|)/g, '<ms>');

test('what differs between two runs, and what several did together', async () => {
  const it = TestProject.make({});
  it.write({
    ...scripted([onUnit('b', unlessThere(`${it.outside}/go`, fail())), writeFile], { limits: { attempts: 1 } }),
    ...fileUnit('a'),
    ...fileUnit('b'),
    ...fileUnit('gone'),
  });
  it.commit('Specs');
  const refusal = await it.backlog('report', '--since', '24h');
  expect([refusal.code, refusal.stderr]).toEqual([
    2,
    'error: nothing has run in specs yet [no-run]\n  Start with "backlog run".\n',
  ]);
  const first = await it.run(1, '--only', 'a', '--only', 'b');
  it.write({
    'specs/c.md': spec('<b>C</b> for @all', ['touches: [c.txt]'], ['C — check: `test -f c.txt`']),
  });
  it.git('rm', '-q', '--force', 'specs/gone.md');
  it.commit('More');
  it.write({ '../outside/go': '' });
  await it.backlog('retry', 'b');
  const second = await it.run(0);

  const compared = await it.backlog('report', '--compare', second.run.id, first.run.id);
  expect([compared.code, compared.stderr]).toEqual([0, '']);
  expect(`\n${steady(compared.stdout)}`).toMatchInlineSnapshot(`
    "
    # <run> and <run>

    | | before | after |
    |---|---|---|
    | Began | <time> | <time> |
    | Ended | units-failed, exit 1 | done, exit 0 |
    | Units done | 1 of 3, 1 in this run | 3 of 3, 2 in this run |
    | Cost | unknown | unknown |
    | Time | <ms> | <ms> |

    ## Done now

    - \`b\`, failed before
      - Yes — check: \`test -f b.txt\`: not-judged before, met now
    - \`c\`

    ## Gone

    - \`gone\`, ready before
    "
  `);
  const since = await it.backlog('report', '--since', '7d');
  expect([since.code, since.stderr]).toEqual([0, '']);
  expect(`\n${steady(since.stdout)}`).toMatchInlineSnapshot(`
    "
    # 2 runs: 3 landed, 0 not done

    | | |
    |---|---|
    | Cost | unknown |
    | Time | <ms> |
    | Changed | 3 files, +3 −0 lines |

    | Run | Began | Ended | Landed | Cost | Time |
    |---|---|---|---|---|---|
    | \`<run>\` | <time> | units-failed, exit 1 | 1 | unknown | <ms> |
    | \`<run>\` | <time> | done, exit 0 | 2 | unknown | <ms> |

    ## Landed

    - A (\`a\`), \`<run>\`
    - B (\`b\`), \`<run>\`
    - &lt;b&gt;C&lt;/b&gt; for \`@all\` (\`c\`), \`<run>\`
    "
  `);
  const json = JSON.parse((await it.backlog('report', '--since', '7d', '--json')).stdout) as object;
  expect(json).toMatchObject({
    ...{ schemaVersion: 1, kind: 'since', runs: [{ id: first.run.id }, { id: second.run.id }], without: [] },
    ...{ landed: [{ id: 'a' }, { id: 'b' }, { id: 'c' }], open: [] },
  });
});
