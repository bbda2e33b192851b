import { expect, test } from 'vitest';
import { fail, write } from '../support/agent-script.ts';
import { ledger } from '../support/ledger.ts';
import { fileUnit as unit, scripted, TestProject } from '../support/project.ts';

/* Two specs folders of one repository, each with its queue. */

test('two queues of one repository keep their ledgers and their work, at once and one after the other', async () => {
  const one = { ...scripted(fail(), { limits: { attempts: 1 } }), ...unit('a'), ...unit('b') };
  const other = Object.fromEntries(
    Object.entries(one).map(([file, text]) => [
      file.replace('specs/', 'more/'),
      text.replace('"agent":', '"into": "backlog/more",\n  "agent":'),
    ]),
  );
  const project = TestProject.make({ ...one, ...other });
  const known = (): unknown =>
    ledger(project)
      .filter((it) => 'unit' in it)
      .map((it) => it['unit']);
  await Promise.all([project.run(1), project.backlog('run', 'more')]);
  expect(known()).toHaveLength(4);
  project.write(unit('c'));
  await project.run(1, '--only', 'c');
  expect(known()).toHaveLength(5);
  // Both have an attempt a.2: each work is kept.
  project.write({
    ...scripted(write('wrong.txt', 'specs'), { limits: { attempts: 2 } }),
    'more/backlog.config.json': scripted(write('wrong.txt', 'more'), { limits: { attempts: 2 } })[
      'specs/backlog.config.json'
    ].replace('"agent":', '"into": "backlog/more",\n  "agent":'),
  });
  project.commit('Other agents');
  for (const folder of ['specs', 'more']) {
    await project.backlog('retry', 'a', '--specs', folder);
    await project.backlog('run', folder, '--only', 'a');
  }
  const kept = project.git('for-each-ref', '--format=%(refname)', 'refs/backlog/work', 'refs/backlog/kept').split('\n');
  const texts = kept.map((ref) => project.git('show', `${ref}:wrong.txt`));
  expect(texts.toSorted()).toEqual(['more', 'more', 'specs', 'specs']);
});
