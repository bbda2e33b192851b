import { describeEnd } from '../model/describe-failure.ts';
import type { Report, ReportUnit } from '../model/report.ts';
import { oneLine } from '../util/text/one-line.ts';
import { pathOf } from './marks.ts';
import { printable } from '../util/text/printable.ts';

/*
 * The report as JUnit XML, as CI systems read it: a suite for each unit, a test case for each criterion. There is no
 * standard; elements and attributes are those that Jenkins, GitLab and GitHub actions agree on.
 */

type Criterion = ReportUnit['criteria'][number];
type Evidence = Criterion['evidence'][number];

interface Case {
  readonly name: string;
  /** The file that asks for it, as a path in the repository; null if none of it does. */
  readonly file: string | null;
  readonly seconds: number;
  /** Null for a criterion that is met. */
  readonly end: {
    readonly tag: 'failure' | 'error' | 'skipped';
    readonly type: string;
    readonly message: string;
  } | null;
  readonly output: string;
}

/** States that are an error also where no criterion is to blame, for example after the agent crashed. */
const endedBadly: readonly ReportUnit['state'][] = ['failed', 'quarantined', 'not-runnable', 'blocked'];

/** The report as JUnit XML. */
export function reportJunit(report: Report): string {
  const suites: { readonly name: string; readonly cases: readonly Case[] }[] = report.units.map((unit) => ({
    name: unit.key,
    cases: casesOf(report, unit),
  }));
  if (report.environment !== null) suites.unshift({ name: 'the branch itself', cases: [broken(report.environment)] });
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    element('testsuites', { name: `backlog ${report.run.id}`, ...counts(all), time: report.totals.durationMs / 1000 }),
    ...suites.flatMap(({ name, cases }) => [
      `  ${element('testsuite', {
        ...{ name, ...counts(cases), skipped: cases.filter(({ end }) => end?.tag === 'skipped').length },
        ...{ time: sum(cases), timestamp: report.run.startedAt.slice(0, 19) },
      })}`,
      ...cases.flatMap((one) => testCase(name, one)),
      '  </testsuite>',
    ]),
    '</testsuites>\n',
  ].join('\n');
}

function counts(cases: readonly Case[]): Record<'tests' | 'failures' | 'errors', number> {
  const of = (tag: string): number => cases.filter(({ end }) => end?.tag === tag).length;
  return { tests: cases.length, failures: of('failure'), errors: of('error') };
}

function sum(cases: readonly Case[]): number {
  return Math.round(cases.reduce((total, { seconds }) => total + seconds, 0) * 1000) / 1000;
}

function casesOf({ run: { specs } }: Report, unit: ReportUnit): Case[] {
  const cases = unit.criteria.map((criterion) => caseOf(unit, criterion, pathOf(specs, criterion.file)));
  const isBad = endedBadly.includes(unit.state);
  const isTold = cases.some(({ end }) => end?.tag === 'failure' || end?.tag === 'error' || (!isBad && end !== null));
  if (isTold || unit.state === 'done') return cases;
  // No criterion tells that it is not done: the unit has a test case of its own.
  const message = unit.failure?.sentence ?? unit.why ?? `it is ${unit.state}`;
  const end = { tag: isBad ? 'error' : 'skipped', type: unit.failure?.reason ?? unit.state, message } as const;
  return [
    ...cases,
    { name: `the unit itself: ${unit.title}`, file: pathOf(specs, unit.file), seconds: 0, end, output: '' },
  ];
}

function broken({ command, excerpt }: NonNullable<Report['environment']>): Case {
  const end = {
    tag: 'error',
    type: 'environment',
    message: 'It fails before any work; no agent was started.',
  } as const;
  return { name: command, file: null, seconds: 0, end, output: `$ ${command}\n${excerpt}` };
}

function caseOf(unit: ReportUnit, criterion: Criterion, file: string | null): Case {
  const runs = criterion.evidence.filter((one) => one.kind === 'command' && one.on === 'candidate');
  return {
    name: criterion.text,
    file,
    seconds: runs.reduce((total, one) => total + (one.kind === 'command' ? one.durationMs / 1000 : 0), 0),
    end: endOf(unit, criterion),
    output: runs.map((one) => (one.kind === 'command' ? `$ ${one.command}\n${one.excerpt}` : '')).join('\n'),
  };
}

function endOf(unit: ReportUnit, criterion: Criterion): Case['end'] {
  switch (criterion.verdict) {
    case 'met':
      return null;
    case 'unmet': {
      const told = criterion.evidence.findLast((one) => one.on === 'candidate' && !isGood(one));
      return {
        tag: isCutShort(told) ? 'error' : 'failure',
        type: typeOf(unit, criterion),
        message: why(unit, criterion, told),
      };
    }
    case 'awaiting':
      return { tag: 'skipped', type: 'awaiting', message: 'It needs the approval of a person.' };
    case 'not-judged': {
      const message = unit.state === 'done' ? 'It was done before this run.' : `Not judged: the unit is ${unit.state}.`;
      return { tag: 'skipped', type: unit.state, message: unit.why === null ? message : `${message} ${unit.why}` };
    }
  }
}

/** True for what shows nothing against the work. */
function isGood(evidence: Evidence): boolean {
  switch (evidence.kind) {
    case 'command':
      return evidence.exitCode === 0 && !evidence.timedOut && evidence.testsRun !== 0;
    case 'canary':
      return evidence.verdict !== 'missed';
    case 'review':
      return evidence.verdict === 'confirmed';
    case 'person':
      return evidence.verdict === 'approved';
  }
}

/** True if the command was ended from outside: it says nothing about the work. */
function isCutShort(evidence: Evidence | undefined): boolean {
  if (evidence?.kind !== 'command') return false;
  return evidence.timedOut || evidence.exitCode === null || evidence.setUpFailed === true;
}

/** The reason of the unit's failure where it is about this criterion. */
function typeOf({ failure }: ReportUnit, { text, kind }: Criterion): string {
  return failure !== null && failure['criterion'] === text ? failure.reason : kind;
}

function why({ failure }: ReportUnit, criterion: Criterion, told: Evidence | undefined): string {
  switch (told?.kind) {
    case 'command':
      return [told.exitCode === 0 ? 'it passed, but ran no test' : describeEnd(told), ...(told.shows ?? [])].join('\n');
    case 'canary':
      return 'It passes although what it tests was broken on purpose.';
    case 'review':
      return told.reason;
    case 'person':
      return `${told.verdict} by ${told.by}${told.message === '' ? '' : `: ${told.message}`}`;
    case undefined:
      // Every command passed, and something else is wrong, such as fewer tests than before.
      if (failure !== null && failure['criterion'] === criterion.text) return failure.sentence;
      return criterion.note ?? 'It is not met.';
  }
}

function testCase(suite: string, { name, file, seconds, end, output }: Case): string[] {
  const open = `    ${element('testcase', {
    ...{ name, classname: suite, time: Math.round(seconds * 1000) / 1000 },
    ...(file === null ? {} : { file }),
  })}`;
  const inner = [
    ...(end === null
      ? []
      : [
          end.tag === 'skipped'
            ? `${element('skipped', { message: end.message }).slice(0, -1)}/>`
            : `${element(end.tag, { message: end.message, type: end.type })}${text(end.message)}</${end.tag}>`,
        ]),
    ...(output.trim() === '' ? [] : [`<system-out>${text(output)}</system-out>`]),
  ];
  return inner.length === 0
    ? [`${open.slice(0, -1)}/>`]
    : [open, ...inner.map((line) => `      ${line}`), '    </testcase>'];
}

function element(name: string, attributes: Readonly<Record<string, string | number>>): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${text(oneLine(String(value)))}"`);
  return `<${name}${written.join('')}>`;
}

/** Text of an element or an attribute. Characters that XML 1.0 does not allow are not even there as references. */
function text(foreign: string): string {
  return printable(foreign.toWellFormed())
    .replaceAll(/[\uFFFE\uFFFF]/g, '�')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
