import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { onUnit } from '../../support/agent-script.ts';
import { fileUnit, scripted, stragglers, TestProject, writeFile } from '../../support/project.ts';
import { hasTmux, Tmux } from '../../support/tmux.ts';

const main = path.resolve(import.meta.dirname, '../../../dist/main.js');

/** A project whose units a and b end once a file says so, and a shell in it. */
function make(columns: number, rows: number): { it: TestProject; terminal: Tmux; go: () => void } {
  const place = { file: '' };
  const it = TestProject.make(fileUnit('a'));
  place.file = path.join(it.outside, 'go');
  const wait = `while [ ! -e ${place.file} ]; do sleep 0.05; done`;
  it.write({
    ...scripted([onUnit('a', wait), onUnit('b', wait), writeFile], { limits: { maxAgents: 3, attempts: 1 } }),
    ...fileUnit('b'),
    'specs/bad.md': fileUnit('bad')['specs/bad.md']?.replaceAll('test -f bad.txt', 'echo no; exit 3') ?? '',
  });
  it.commit('More');
  // Where this repository is does not show.
  const bin = path.join(it.outside, 'bin');
  mkdirSync(bin);
  writeFileSync(path.join(bin, 'backlog'), `#!/bin/sh\nexec node ${main} "$@"\n`, { mode: 0o755 });
  const around = it.env;
  const env = { ...around, PATH: `${bin}:${around['PATH']}`, TERM: 'screen', LANG: 'C.UTF-8', PS1: '$ ' };
  const terminal = new Tmux({ cwd: it.root, env, columns, rows });
  return { it, terminal, go: () => writeFileSync(place.file, '') };
}

/** The screen without what differs from run to run. */
const steady = (screen: string): string =>
  `\n${screen}\n`
    // The shell's echo comes before or after what clears the screen, and either unit may land first.
    .replace(/^[#$].*\n/gm, '')
    .replace(/ [ab]: done/g, ' <unit>: done')
    .replace(/\d\d:\d\d:\d\d/g, '<time>')
    .replace(/\b\d{1,2}:\d\d\b/g, '0:00')
    .replace(/\d{8}-\d{6}-[0-9a-f]{4}/g, '<run>')
    .replace(/in [\d.]+ m?s \(one at a time: [\d.]+ m?s\)/g, 'in <duration>')
    .replace(/ {2}\w[\w ]* limited this run[^]*?\n\n/, '  <what limited it>\n\n')
    // What was read a moment ago may still name the unit that failed.
    .replace(/\n LIMIT .*/g, '')
    .replace(/\b[0-9a-f]{10}\b/g, '<commit>');

const typed = 'backlog run --yes --allow-unsandboxed';

describe.skipIf(!hasTmux)('on a terminal, which needs tmux', () => {
  test('a run is one calm view at the end of the output, which is gone at its end', async () => {
    const { terminal, go } = make(80, 24);
    terminal.type('stty -a > ../before; clear');
    terminal.type(typed);
    const running = await terminal.shows(/bad: failed[^]*● b [^]*q quit/);
    expect(terminal.flag('alternate_on')).toBe('0');
    expect(steady(running)).toMatchInlineSnapshot(`
      "
      <time>  run <run>: 3 of 3 units to do, with script, onto
                backlog/next (sandbox: none)
      <time>  Agents and checks run without a sandbox, as your user, as you
                allowed.
      <time>  bad: not done: \`echo no; exit 3\` failed: exit 3. no → given up
      <time>  bad: failed
       backlog run  backlog/next  wave 1                                         0:00
       ✗✗✗✗✗✗╍╍╍╍╍╍╍╍╍╍╍╍                                               0 of 3 landed
       ✓ 0  ● 2 running  ◌ 0 waiting  ✗ 1  ! 0

         UNIT  TRY  STAGE     NOW                                               TIME
       ● a     1    building                                                    0:00
       ● b     1    building                                                    0:00

       up/down choose  enter expand  f follow  m message  p pause  d drain  q quit  …
      "
    `);

    go();
    const ended = await terminal.shows(/^Push it with its records[^]*\n[#$] ?$/m, 100);
    expect(steady(ended)).toMatchInlineSnapshot(`
      "
      <time>  run <run>: 3 of 3 units to do, with script, onto
                backlog/next (sandbox: none)
      <time>  Agents and checks run without a sandbox, as your user, as you
                allowed.
      <time>  bad: not done: \`echo no; exit 3\` failed: exit 3. no → given up
      <time>  bad: failed
      <time>  <unit>: done ✓ landed as <commit> (+1 −0)
      <time>  <unit>: done ✓ landed as <commit> (+1 −0)

      ✗ 2 of 3 done, 1 failed
        in <duration>, cost unknown, at most 3 in parallel
        <what limited it>

      ✗ bad  \`echo no; exit 3\` failed
        no
        backlog show bad
      ✓ 2 landed on backlog/next, +2 −0 in 2 files
        backlog merge

      Report: specs/.backlog/runs/<run>/report.md
      Look at it: git log -p HEAD..backlog/next
      Push it with its records: backlog push
      "
    `);
    terminal.type('clear; stty -a > ../after; cmp ../before ../after && echo the same');
    await terminal.shows(/^the same$/m);
    expect(terminal.flag('cursor_flag')).toBe('1');
  });

  test('a unit is chosen and expanded, and the view fits a terminal that becomes narrower, and wider again', async () => {
    const { terminal } = make(80, 24);
    terminal.type(typed);
    await terminal.shows(/bad: failed[^]*● b [^]*q quit/);
    terminal.press('j', 'Enter');
    await terminal.shows(/^ +a\.1-builder: script$/m);
    // What tmux has drawn while the program could not know of the new size may stay above the view.
    const view = (screen: string): string => steady(screen.slice(screen.lastIndexOf(' backlog run')));
    terminal.resize(60, 20);
    expect(view(await terminal.shows(/^ backlog run {2}backlog\/next {2}wave 1 +\d:\d\d\n[^]*^>● a [^]*…$/m)))
      .toMatchInlineSnapshot(`
      "
       backlog run  backlog/next  wave 1                     0:00
       ✗✗✗✗✗✗╍╍╍╍╍╍╍╍╍╍╍╍                           0 of 3 landed
       ✓ 0  ● 2 running  ◌ 0 waiting  ✗ 1  ! 0

         UNIT  TRY  STAGE     NOW                           TIME
      >● a     1    building                                0:00
           A
           a.1-builder: script
       ● b     1    building                                0:00

       up/down choose  enter expand  f follow  m message  p paus…
      "
    `);
    terminal.resize(100, 20);
    await terminal.shows(/^>● a [^]*\? keys$/m);
    terminal.press('Escape', '?');
    await terminal.shows(/^ ● a [^]*esc: none/m);
  });

  test('Ctrl-C stops it as it does without a view, once and twice, and the terminal is as it was', async () => {
    const { terminal } = make(100, 20);
    terminal.type('stty -a > ../before; clear');
    terminal.type(`${typed}; echo exit $?`);
    await terminal.shows(/● b [^]*q quit/);
    terminal.press('C-c');
    await terminal.shows(/^Stopping: nothing new starts[^]*● b /m);
    terminal.press('C-c');
    await terminal.shows(/^Stopping at once/m, 50);
    await terminal.shows(/^exit 130$/m);
    terminal.type('clear; stty -a > ../after; cmp ../before ../after && echo the same');
    await terminal.shows(/^the same$/m);
    expect(terminal.flag('cursor_flag')).toBe('1');
  });

  test('q stops a run as Ctrl-C does, and d lets what is active come to its end', async () => {
    const { terminal, go } = make(100, 20);
    terminal.type(`${typed} --max-agents 1; echo exit $?`);
    await terminal.shows(/● a [^]*q quit/);
    terminal.press('d');
    await terminal.shows(/^Draining: nothing new starts/m);
    go();
    expect(await terminal.shows(/^exit 130$/m, 50)).toMatch(/a: done ✓ landed[^]*1 of 3 done, 2 ready/);
    terminal.type(`clear; rm ../outside/go; ${typed}; echo exit $?`);
    await terminal.shows(/● b [^]*q quit/);
    terminal.paste('x\nq\ny\nd\n');
    await terminal.shows(/^ what is pasted is no key$/m);
    terminal.press('?');
    await terminal.shows(/ esc: none/);
    terminal.press('qwerty');
    await terminal.shows(/^ what is pasted is no key$/m);
    terminal.press('qqq');
    await terminal.shows(/^Stopping: nothing new starts/m);
    terminal.press('q');
    await terminal.shows(/^ it ends as soon as it can; Ctrl-C ends it at once$/m);
    terminal.press('C-c');
    await terminal.shows(/^exit 130$/m);
  });

  test('stopped with Ctrl-Z or from outside it gives the terminal back, and takes it again', async () => {
    const { it, terminal, go } = make(100, 20);
    terminal.type('set -m; stty -a > ../before; clear');
    terminal.type(typed);
    const ofRun = (pid: string): boolean => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${main}\0run`);
    const stops = [() => terminal.press('C-z'), () => process.kill(Number(stragglers(it).find(ofRun)), 'SIGTSTP')];
    for (const [index, stop] of stops.entries()) {
      await terminal.shows(/● b [^]*q quit/);
      stop();
      await terminal.shows(/Stopped|Suspended/);
      terminal.type(`clear; stty -a > ../during; cmp ../before ../during && echo as before ${index}`);
      await terminal.shows(new RegExp(`^as before ${index}$`, 'm'));
      terminal.type('clear; fg');
      await terminal.shows(/● b [^]*q quit/);
      terminal.press('?');
      await terminal.shows(/ esc: none/);
      terminal.press('Escape');
    }
    go();
    await terminal.shows(/^Push it with its records/m, 50);
  });

  test('a job in the background is not stopped by its terminal', async () => {
    const { terminal, go } = make(100, 20);
    terminal.type(`${typed} &`);
    await terminal.shows(/● b [^]*FLEET/);
    go();
    await terminal.shows(/^Push it with its records/m, 50);
  });
});
