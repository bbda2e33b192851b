import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { reportJunit } from '../../src/report/junit.ts';
import { onUnit } from '../support/agent-script.ts';
import { scripted, spec, TestProject, writeFile } from '../support/project.ts';

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly inside: (Element | string)[];
}

/** Reads XML strictly: what is not well-formed is an error. */
function read(xml: string): Element {
  const top: Element = { name: '', attributes: {}, inside: [] };
  const open = [top];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element: Element = { name, attributes, inside: [] };
    open.at(-1)?.inside.push(element);
    open.push(element);
  });
  parser.on('text', (text) => void (text.trim() !== '' && open.at(-1)?.inside.push(text)));
  parser.on('closetag', () => void open.pop());
  parser.write(xml).close();
  return top.inside.find((one) => typeof one !== 'string') ?? top;
}

/** What may stand in what, and with which attributes, as the readers of CI systems agree on it. */
const known: Readonly<Record<string, readonly [inside: readonly string[], attributes: readonly string[]]>> = {
  testsuites: [['testsuite'], ['name', 'tests', 'failures', 'errors', 'time']],
  testsuite: [['testcase'], ['name', 'tests', 'failures', 'errors', 'skipped', 'time', 'timestamp']],
  testcase: [
    ['failure', 'error', 'skipped', 'system-out'],
    ['name', 'classname', 'time', 'file'],
  ],
  failure: [[], ['message', 'type']],
  error: [[], ['message', 'type']],
  skipped: [[], ['message']],
  'system-out': [[], []],
};

/** What a test case has only where a spec of the repository asks for it. */
const mayLack = new Set(['file']);

function expectKnown({ name, attributes, inside }: Element): void {
  const [elements = [], names = []] = known[name] ?? [];
  expect([name, Object.keys(attributes).filter((one) => !mayLack.has(one))]).toEqual([
    name,
    names.filter((one) => !mayLack.has(one)),
  ]);
  for (const one of inside) {
    if (typeof one === 'string') expect([name, elements]).toEqual([name, []]);
    else {
      expect(elements).toContain(one.name);
      expectKnown(one);
    }
  }
}

const withoutTimes = (xml: string): string =>
  xml
    .replaceAll(/ time="[\d.]+"/g, ' time="0"')
    .replaceAll(/timestamp="[^"]*"/g, 'timestamp=""')
    .replaceAll(/backlog \d{8}-\d{6}-\w+/g, 'backlog RUN');

test('each unit is a suite and each criterion a test case: passed, failed, ended from outside, or not judged', async () => {
  const project = TestProject.make({
    ...scripted([onUnit('d', 'exit 3'), writeFile], { limits: { attempts: 1, repairs: 0, checkTimeout: '1s' } }),
    'specs/a.md': spec('A', [], ['It is there — check: `test -f a.txt`', '(human) It reads "well" & short']),
    'specs/b.md': spec('B', [], ['It is <right> — check: `test -f b.txt && echo no && exit 4`']),
    'specs/c.md': spec('C', [], ['It ends — check: `test -f c.txt && sleep 60`']),
    'specs/d.md': spec('D', [], ['It is done — check: `test -f d.txt`']),
    'specs/e.md': spec('E', ['depends: [d]'], ['It is done — check: `test -f e.txt`']),
  });
  await project.run(1);
  const file = path.join(project.outside, 'report.xml');
  const written = await project.backlog('report', '--format', 'junit', '--output', file);
  expect(written).toEqual({ code: 0, stdout: '', stderr: '' });
  const xml = readFileSync(file, 'utf8');
  expect((await project.backlog('report', '--format', 'junit')).stdout).toBe(xml);
  expectKnown(read(xml));
  expect(withoutTimes(xml)).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="backlog RUN" tests="7" failures="1" errors="2" time="0">
      <testsuite name="a" tests="2" failures="0" errors="0" skipped="1" time="0" timestamp="">
        <testcase name="It is there — check: \`test -f a.txt\`" classname="a" time="0" file="specs/a.md">
          <system-out>$ test -f a.txt
    </system-out>
        </testcase>
        <testcase name="(human) It reads &quot;well&quot; &amp; short" classname="a" time="0" file="specs/a.md">
          <skipped message="It needs the approval of a person."/>
        </testcase>
      </testsuite>
      <testsuite name="b" tests="1" failures="1" errors="0" skipped="0" time="0" timestamp="">
        <testcase name="It is &lt;right&gt; — check: \`test -f b.txt &amp;&amp; echo no &amp;&amp; exit 4\`" classname="b" time="0" file="specs/b.md">
          <failure message="exit 4 no" type="check-failed">exit 4
    no</failure>
          <system-out>$ test -f b.txt &amp;&amp; echo no &amp;&amp; exit 4
    no
    </system-out>
        </testcase>
      </testsuite>
      <testsuite name="c" tests="1" failures="0" errors="1" skipped="0" time="0" timestamp="">
        <testcase name="It ends — check: \`test -f c.txt &amp;&amp; sleep 60\`" classname="c" time="0" file="specs/c.md">
          <error message="it exceeded the time limit" type="check-failed">it exceeded the time limit</error>
          <system-out>$ test -f c.txt &amp;&amp; sleep 60
    </system-out>
        </testcase>
      </testsuite>
      <testsuite name="d" tests="2" failures="0" errors="1" skipped="1" time="0" timestamp="">
        <testcase name="It is done — check: \`test -f d.txt\`" classname="d" time="0" file="specs/d.md">
          <skipped message="Not judged: the unit is failed. The agent failed (crashed): It exited with 3."/>
        </testcase>
        <testcase name="the unit itself: D" classname="d" time="0" file="specs/d.md">
          <error message="The agent failed (crashed): It exited with 3." type="agent-failed">The agent failed (crashed): It exited with 3.</error>
        </testcase>
      </testsuite>
      <testsuite name="e" tests="1" failures="0" errors="0" skipped="1" time="0" timestamp="">
        <testcase name="It is done — check: \`test -f e.txt\`" classname="e" time="0" file="specs/e.md">
          <skipped message="Not judged: the unit is waiting. waits for d"/>
        </testcase>
      </testsuite>
    </testsuites>
    "
  `);
});

/** What foreign text may hold: markup, references, ends of sections, escapes, and characters that XML does not have. */
const hostile = [
  ...['</testsuites>', '<!DOCTYPE a>', '<![CDATA[x]]>', ']]>', '&amp;&#0;&x;', '"\' onload="x', '<!-- x -->', '<?x?>'],
  ...[
    '\u0000\u0001\u0008\u000b\u000c\u001b[31mred\u001b[0m',
    '\ud800 \udfff',
    '\ufffe\uffff',
    '\u0085\u2028\u202e',
    'a\nb\r\nc\td',
  ],
];

test('no text of a spec, an agent or a program makes markup of it', () => {
  for (const text of hostile) {
    const evidence = { kind: 'command', on: 'candidate', tree: 't', command: text, exitCode: 1, signal: null } as const;
    const ran = { ...evidence, timedOut: false, durationMs: 1, digest: '', excerpt: text, shows: [text], tier: 'none' };
    const criterion = { text, kind: 'check', verdict: 'unmet', role: null, note: text } as const;
    const unit = { id: text, key: text, title: text, file: text, state: 'failed', why: text, failure: null } as const;
    const report = {
      run: { id: text, startedAt: text },
      units: [
        { ...unit, criteria: [{ ...criterion, evidence: [{ ...ran, testsRun: null }] }] },
        { ...unit, criteria: [] },
      ],
      environment: null,
      totals: { durationMs: 1 },
    } as unknown as Report;
    const top = read(reportJunit(report));
    expectKnown(top);
    const [suite, other] = top.inside as Element[];
    expect([suite?.inside.length, other?.inside.length, other?.attributes['errors']]).toEqual([1, 1, '1']);
  }
});

test('what is not done never looks as if it passed', () => {
  const green = { kind: 'command', on: 'candidate', command: 'c', exitCode: 0, signal: null, timedOut: false } as const;
  const ran = { ...green, durationMs: 100, excerpt: '' };
  const criterion = (verdict: string, testsRun: number | null): object => ({
    ...{ text: 'Yes', kind: 'check', verdict, role: null, note: null, evidence: [{ ...ran, testsRun }] },
  });
  const unit = (key: string, state: string, criteria: readonly object[], failure: object | null = null): object => ({
    ...{ key, title: key, state, why: state === 'done' ? null : `${key} waits`, criteria, failure },
  });
  const fewer = { reason: 'fewer-tests', criterion: 'Yes', sentence: 'Fewer tests ran.' };
  const report = {
    run: { id: 'r', startedAt: '2026-01-01T00:00:00.000Z' },
    environment: { command: 'make', excerpt: 'no' },
    totals: { durationMs: 1 },
    units: [
      unit('done', 'done', [criterion('met', 1)]),
      unit('held', 'awaiting', [criterion('met', 1)]),
      unit('again', 'ready', [criterion('met', 1)]),
      unit('stuck', 'blocked', [criterion('not-judged', 1)]),
      unit('empty', 'failed', [criterion('unmet', 0)]),
      unit('fewer', 'failed', [criterion('unmet', 1)], fewer),
    ],
  } as unknown as Report;
  const told = (read(reportJunit(report)).inside as Element[]).map(({ attributes, inside }) => [
    attributes['name'],
    ...(inside as Element[]).map((one) => {
      const end = (one.inside as Element[]).find(({ name }) => name !== 'system-out');
      return end === undefined ? 'passed' : `${end.name}: ${end.attributes['message']}`;
    }),
  ]);
  expect(told).toEqual([
    ['the branch itself', 'error: It fails before any work; no agent was started.'],
    ['done', 'passed'],
    ['held', 'passed', 'skipped: held waits'],
    ['again', 'passed', 'skipped: again waits'],
    ['stuck', 'skipped: Not judged: the unit is blocked. stuck waits', 'error: stuck waits'],
    ['empty', 'failure: it passed, but ran no test'],
    ['fewer', 'failure: Fewer tests ran.'],
  ]);
});
