import { describeEnd } from '../model/describe-failure.ts';
import type { Report, ReportUnit } from '../model/report.ts';
import { oneLine } from '../util/text/one-line.ts';
import { printable } from '../util/text/printable.ts';

/*
 * The report as JUnit XML, as CI systems read it: a suite for each unit, a test case for each criterion. There is no
 * standard; elements and attributes are those that Jenkins, GitLab and GitHub actions agree on.
 */

type Criterion = ReportUnit['criteria'][number];
type Evidence = Criterion['evidence'][number];

interface Case {
  readonly name: string;
  readonly seconds: number;
  /** Null for a criterion that is met. */
  readonly end: {
    readonly tag: 'failure' | 'error' | 'skipped';
    readonly type: string;
    readonly message: string;
  } | null;
  readonly output: string;
}

/** States in which a unit is not done for a reason that is no verdict on a criterion: a test case tells it. */
const endedBadly: readonly ReportUnit['state'][] = ['failed', 'quarantined', 'not-runnable'];

/** The report as JUnit XML. */
export function reportJunit(report: Report): string {
  const suites = report.units.map((unit) => ({ unit, cases: casesOf(unit) }));
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    element('testsuites', { name: `backlog ${report.run.id}`, ...counts(all), time: report.totals.durationMs / 1000 }),
    ...suites.flatMap(({ unit, cases }) => [
      `  ${element('testsuite', {
        ...{ name: unit.key, ...counts(cases), skipped: cases.filter(({ end }) => end?.tag === 'skipped').length },
        ...{ time: sum(cases), timestamp: report.run.startedAt.slice(0, 19), file: unit.file },
      })}`,
      ...cases.flatMap((one) => testCase(unit, one)),
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

function casesOf(unit: ReportUnit): Case[] {
  const cases = unit.criteria.map((criterion) => caseOf(unit, criterion));
  const isTold = cases.some(({ end }) => end?.tag === 'failure' || end?.tag === 'error');
  if (isTold || !endedBadly.includes(unit.state)) return cases;
  // No criterion is to blame, for example where the agent crashed: the unit has a test case of its own.
  const message = unit.failure?.sentence ?? unit.why ?? `it is ${unit.state}`;
  const end = { tag: 'error', type: unit.failure?.reason ?? unit.state, message } as const;
  return [...cases, { name: `the unit itself: ${unit.title}`, seconds: 0, end, output: '' }];
}

function caseOf(unit: ReportUnit, criterion: Criterion): Case {
  const runs = criterion.evidence.filter((one) => one.kind === 'command' && one.on === 'candidate');
  return {
    name: criterion.text,
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
      const told = criterion.evidence.findLast((one) => one.on === 'candidate');
      return {
        tag: isCutShort(told) ? 'error' : 'failure',
        type: typeOf(unit, criterion),
        message: why(criterion, told),
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

/** True if the command was ended from outside: it says nothing about the work. */
function isCutShort(evidence: Evidence | undefined): boolean {
  if (evidence?.kind !== 'command') return false;
  return evidence.timedOut || evidence.exitCode === null || evidence.setUpFailed === true;
}

/** The reason of the unit's failure where it is about this criterion. */
function typeOf({ failure }: ReportUnit, { text, kind }: Criterion): string {
  return failure !== null && failure['criterion'] === text ? failure.reason : kind;
}

function why(criterion: Criterion, told: Evidence | undefined): string {
  switch (told?.kind) {
    case 'command':
      return [describeEnd(told), ...(told.shows ?? [])].join('\n');
    case 'canary':
      return told.verdict === 'missed'
        ? 'It passes although what it tests was broken on purpose.'
        : (criterion.note ?? '');
    case 'review':
      return told.reason;
    case 'person':
      return `${told.verdict} by ${told.by}${told.message === '' ? '' : `: ${told.message}`}`;
    case undefined:
      return criterion.note ?? 'It is not met.';
  }
}

function testCase(unit: ReportUnit, { name, seconds, end, output }: Case): string[] {
  const open = `    ${element('testcase', { name, classname: unit.key, time: seconds, file: unit.file })}`;
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
