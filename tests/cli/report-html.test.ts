import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { touch } from '../support/agent-script.ts';
import { scripted, spec, TestProject } from '../support/project.ts';

test('each run leaves its report as HTML, which is printed, written and opened', async () => {
  const project = TestProject.make({
    ...scripted(touch('a.txt')),
    'specs/a.md': spec('Do <b>it</b>', ['touches: [a.txt]'], ['There — check: `test -f a.txt`']),
  });
  const { run } = await project.run(0);
  const shown = readFileSync(path.join(project.root, 'specs/.backlog/runs', run.id, 'report.html'), 'utf8');
  expect(shown).toMatch(/^<!doctype html>.*<h1 id="verdict">1 of 1 landed<\/h1>.*<h3>Do &lt;b&gt;it&lt;\/b&gt;<\/h3>/s);

  const printed = await project.backlog('report', '--format', 'html');
  expect(printed.stdout.slice(0, 15)).toBe('<!doctype html>');
  const output = path.join(project.outside, 'out.html');
  expect(await project.backlog('report', '--format', 'html', '--output', output)).toMatchObject({
    code: 0,
    stdout: '',
  });
  expect(readFileSync(output, 'utf8')).toContain('1 of 1 landed');

  // The browser is a program that notes what it is to open.
  const browser = path.join(project.outside, 'browser.sh');
  const noted = path.join(project.outside, 'opened');
  writeFileSync(browser, `#!/bin/sh\necho "$1" > '${noted}'\n`, { mode: 0o755 });
  const open = (program: string, ...args: readonly string[]) =>
    project.start(['report', '--open', ...args], { env: { BROWSER: program } }).ended;
  expect(await open(browser)).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(readFileSync(noted, 'utf8')).toMatch(new RegExp(`/runs/${run.id}/report\\.html\n$`));
  const failed = await open('/nowhere/browser', '--output', output);
  expect(failed).toEqual({
    code: 2,
    stdout: '',
    stderr: `error: the report cannot be opened: "/nowhere/browser" cannot be started [not-opened]\n  Open it yourself: ${output}\n`,
  });
});
