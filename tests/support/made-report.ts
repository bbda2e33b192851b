import { type Report, reportSchema } from '../../src/model/report.ts';

type Unit = Report['units'][number];
type Criterion = Unit['criteria'][number];
type Given = Readonly<Record<string, unknown>>;

const minute = 60_000;

/** What a made report is made of. */
export interface Made {
  readonly units: number;
  readonly agents: number;
  /** Stands wherever agents, specs and programs write; by default text as they would write it. */
  readonly text?: (what: string) => string;
}

/**
 * A report of a run that nobody made: units in three phases with gates between them, most landed at once, some after
 * repairs; some failed, with a question, for a person, or waiting. Equal wishes give equal reports.
 */
export function madeReport({ units: count, agents, text = (what) => what }: Made): Report {
  const lanes = Array.from({ length: agents }, () => 0);
  const units: Given[] = [];
  const landed = new Map<string, number>();
  const phases = ['foundation', 'features', 'finish'];
  let gateMs = 0;
  for (const [phase, name] of phases.entries()) {
    const part = Math.floor((count * (phase + 1)) / 3) - Math.floor((count * phase) / 3);
    const ids: string[] = [];
    for (let index = 0; index < part; index++) {
      const number = units.length;
      const id = `${['money', 'storage', 'totals', 'search', 'export'][number % 5] ?? ''}-${number}`;
      const depends = [
        ...(phase === 0 ? [] : [`gate.${phases[phase - 1] ?? ''}`]),
        ...(index % 3 === 2 ? [ids.at(-1) ?? ''] : []),
        ...(index % 5 === 4 ? [ids.at(-3) ?? ''] : []),
      ].filter((one) => one !== '');
      const ready = Math.max(gateMs, ...depends.map((one) => landed.get(one) ?? 0));
      const lane = lanes.indexOf(Math.min(...lanes));
      const kind =
        phase === 0
          ? 'done'
          : number % 11 === 7
            ? 'failed'
            : number % 17 === 9
              ? 'blocked'
              : number % 19 === 12
                ? 'awaiting'
                : 'done';
      const isHeld = depends.some((one) => !one.startsWith('gate.') && !landed.has(one));
      const made = isHeld
        ? waiting(id, depends, name, text)
        : worked(id, depends, name, number, Math.max(ready, lanes[lane] ?? 0), kind, text);
      units.push(made.unit);
      if (made.endMs !== null) lanes[lane] = made.endMs;
      if (made.landedMs !== null) landed.set(id, made.landedMs);
      ids.push(id);
    }
    if (phase < 2) {
      const from = Math.max(...lanes);
      gateMs = from + minute / 3;
      landed.set(`gate.${name}`, gateMs);
      units.push(gateOf(name, ids, from, gateMs, text));
    }
  }
  const durationMs = Math.max(...lanes);
  const all = units.filter(({ gate }) => gate === undefined);
  const sum = (of: (unit: Given) => number): number => all.reduce((total, unit) => total + of(unit), 0);
  return reportSchema.parse({
    schemaVersion: 1,
    kind: 'report',
    run: {
      ...{ id: '20261128-020004-7cbb', outcome: 'units-failed', exitCode: 1, branch: text('backlog/next') },
      ...{ tip: '94cf5e9a'.repeat(5), agent: text('claude'), tier: 'strict' },
      startedAt: '2026-11-28T02:00:00.000Z',
      endedAt: new Date(Date.parse('2026-11-28T02:00:00.000Z') + durationMs).toISOString(),
      caps: { agents, usd: count / 2, dayUsd: null, unitUsd: null, units: null, timeMs: null },
    },
    units,
    followups: [
      { id: 'search-accents', title: text('Search ignores accents') },
      { id: 'rate-limit', title: text('Requests are limited') },
    ],
    environment: null,
    notices: [text('The agent runs in no sandbox.')],
    next: [text('money-1: look'), 'Merge it: backlog merge'],
    criticalPath: criticalPath(all),
    limitedBy: {
      ...{ factor: 'dependencies', share: 0.62 },
      ms: Object.fromEntries(
        ['agents', 'checks', 'merge-queue', 'people', 'dependencies', 'limits', 'apart', 'itself'].map((one) => [
          one,
          1000,
        ]),
      ),
    },
    history: historyOf(all, text),
    totals: {
      ...{
        costUsd: sum(({ costUsd }) => Number(costUsd)),
        durationMs,
        agentMs: durationMs * 2,
        sequentialMs: durationMs * 3.3,
      },
      spent: {
        building: sum(({ costUsd }) => Number(costUsd) * 0.6),
        repairs: sum(({ costUsd }) => Number(costUsd) * 0.1),
        reviews: sum(({ costUsd }) => Number(costUsd) * 0.3),
      },
      ...{ peakParallel: agents, averageParallel: agents * 0.6, inputTokens: 1, outputTokens: 1, cacheReadTokens: 1 },
      ...{ cacheWriteTokens: 1, filesChanged: 66, linesAdded: 1766, linesRemoved: 167, testsAdded: 100 },
    },
  });
}

const none = {
  ...{ kind: 'change', phase: null, why: null, failure: null, attempts: 0, repairs: 0, commit: null, costUsd: 0 },
  ...{ agentMs: 0, files: [], linesAdded: 0, linesRemoved: 0, restored: [], unproven: null, isReviewed: true },
  ...{ checkRuns: 0, answer: null, criteria: [] },
};

interface MadeUnit {
  readonly unit: Given;
  readonly endMs: number | null;
  readonly landedMs: number | null;
}

function waiting(id: string, depends: readonly string[], phase: string, text: (what: string) => string): MadeUnit {
  const criteria = [{ ...criterion(text('It is exported'), 'not-judged'), evidence: [] }];
  const unit = {
    ...none,
    id,
    key: text(id),
    title: text(`Export ${id}`),
    file: text(`features/${id}.md`),
    phase,
    depends,
    criteria,
  };
  return {
    unit: { ...unit, state: 'waiting', why: text(`waits for ${depends.join(', ')}`), wayOn: 'run' },
    endMs: null,
    landedMs: null,
  };
}

function worked(
  id: string,
  depends: readonly string[],
  phase: string,
  number: number,
  from: number,
  kind: 'done' | 'failed' | 'blocked' | 'awaiting',
  text: (what: string) => string,
): MadeUnit {
  const repairs = kind === 'failed' ? 2 : number % 4 === 3 ? 1 : 0;
  const stages: Given[] = [];
  const tries: Given[] = [];
  let at = from;
  const stage = (name: string, ms: number): void => {
    stages.push({ stage: name, startMs: at, endMs: at + ms, attempt: 1 });
    at += ms;
  };
  for (let repair = 0; repair <= repairs; repair++) {
    const startMs = at;
    stage(repair === 0 ? 'agent' : 'repair', (repair === 0 ? 3 : 1) * minute + ((number * 7919) % 100) * 1500);
    if (kind !== 'blocked') stage('checks', minute / 2 + ((number * 31) % 40) * 1000);
    const isGood = repair === repairs && kind !== 'failed';
    tries.push({
      ...{ attempt: 1, repair, startMs, endMs: at, tree: 'ab'.repeat(20), files: 2, costUsd: 0.12, toolCalls: 40 },
      ...{ outcome: isGood ? (kind === 'done' ? 'landed' : 'held') : 'not-done', next: isGood ? null : 'repair' },
      failure: isGood
        ? null
        : { reason: 'check-failed', sentence: text('`node --test` failed: exit 1. ✖ rounds half to even') },
      tests: { ran: 6, failed: isGood ? 0 : 3 - repair },
    });
  }
  if (kind === 'done') stage('merge-queue', minute / 8);
  const isMet = kind !== 'failed';
  const criteria = [
    check(text, 'Converts at the rate of the day of the invoice', isMet, number),
    check(text, 'Refuses a currency it does not know', true, number),
    {
      ...criterion(
        text('Rates come from the table only'),
        kind === 'awaiting' ? 'met' : isMet ? 'met' : 'not-judged',
        'claim',
      ),
      evidence: [
        {
          ...{ kind: 'review', on: 'candidate', tree: 'ab'.repeat(20), verdict: 'confirmed' },
          reason: text('The table is the only source.'),
          quotes: [{ file: text('src/currency.mjs'), line: 18, text: text('const rate = rates.on(day)') }],
        },
      ],
    },
    ...(kind === 'awaiting'
      ? [{ ...criterion(text('(human) The mail reads well'), 'awaiting', 'human'), evidence: [] }]
      : []),
  ];
  const failure =
    kind === 'failed'
      ? {
          reason: 'check-failed',
          sentence: text('`node --test` failed: exit 1.'),
          criterion: 'x',
          command: text('node --test'),
          shows: [text('✖ rounds half to even')],
        }
      : kind === 'blocked'
        ? {
            reason: 'blocked',
            sentence: text('The agent says that it cannot be done: is it HMAC-SHA256?'),
            why: text('contracts/events.md names no algorithm. HMAC-SHA256, or a JWS?'),
          }
        : null;
  const unit = {
    ...none,
    ...{
      id,
      key: text(id),
      title: text(`Invoices in foreign currency ${number}`),
      file: text(`features/${id}.md`),
      phase,
      depends,
    },
    ...{
      state: kind,
      failure,
      wayOn: { done: null, failed: 'retry', blocked: 'unblock', awaiting: 'review' }[kind],
      attempts: 1,
      repairs,
    },
    ...{ commit: kind === 'done' ? 'cd'.repeat(20) : null, costUsd: 0.2 + (number % 7) * 0.03, agentMs: 2 * minute },
    ...{ files: [text('src/currency.mjs'), text('tests/currency.test.mjs')], linesAdded: 118, linesRemoved: 6 },
    unproven: number % 9 === 4 ? { tried: 4, of: 4, found: [{ file: text('src/pdf.mjs'), line: 12, lines: 4 }] } : null,
    ...{
      criteria,
      tries,
      stages,
      landedMs: kind === 'done' ? at : null,
      digest: kind === 'awaiting' ? '9887a0c615bd' : null,
    },
    tools: [
      { tool: text('edit'), calls: 40, errors: 1 },
      { tool: text('bash'), calls: 21, errors: 3 },
    ],
    diff: `diff --git a/src/currency.mjs b/src/currency.mjs\n--- a/src/currency.mjs\n+++ b/src/currency.mjs\n@@ -14,9 +14,16 @@ export function convert(amount, day) {\n   const rate = rates.on(amount.currency, day);\n-  return money('EUR', amount.minor * rate / SCALE);\n+  const scaled = amount.minor * rate;\n+${text('const whole = scaled / SCALE;')}\n }\n`,
  };
  return { unit, endMs: at, landedMs: kind === 'done' ? at : null };
}

function criterion(
  text: string,
  verdict: Criterion['verdict'],
  kind: Criterion['kind'] = 'check',
): Omit<Criterion, 'evidence'> {
  return { text, kind, verdict, role: verdict === 'met' && kind === 'check' ? 'proof' : null, note: null };
}

function check(text: (what: string) => string, name: string, isMet: boolean, number: number): Given {
  const run = (on: 'base' | 'candidate', exitCode: number, failed: number): Given => ({
    ...{
      kind: 'command',
      on,
      tree: (on === 'base' ? '4f9d8ae0' : '8c21b070').repeat(5),
      exitCode,
      signal: null,
      timedOut: false,
    },
    ...{
      command: text('node --test tests/currency.test.mjs'),
      durationMs: 1900 + number,
      digest: 'd',
      testsRun: 6,
      tier: 'strict',
    },
    excerpt: text(
      `✔ converts a whole amount (1.2 ms)\n✔ keeps the sign (0.3 ms)\n${failed > 0 ? '✖ rounds half to even\n\n  AssertionError: 1013n !== 1012n\n' : ''}ℹ tests 6\nℹ pass ${6 - failed}\nℹ fail ${failed}\n`,
    ),
    ...(failed === 0
      ? {}
      : {
          output: text('/state/runs/20261128-020004-7cbb/output/currency.1-check-1.log'),
          assertions: Array.from({ length: failed }, () => ({
            ...{
              test: text('rounds half to even at the third decimal'),
              file: text('tests/currency.test.mjs'),
              line: 41,
            },
            ...{ expected: text('1012n'), got: text('1013n') },
          })),
        }),
  });
  return {
    ...criterion(text(name), isMet ? 'met' : 'unmet'),
    evidence: [run('base', 1, 6), run('candidate', isMet ? 0 : 1, isMet ? 0 : 1)],
  };
}

function gateOf(
  phase: string,
  depends: readonly string[],
  from: number,
  to: number,
  text: (what: string) => string,
): Given {
  return {
    ...none,
    ...{
      id: `gate.${phase}`,
      key: `gate.${phase}`,
      title: text(`Gate after ${phase}`),
      file: 'backlog.config.json',
      depends,
    },
    ...{
      state: 'done',
      why: 'the gate holds',
      attempts: 1,
      gate: { phase, outcome: 'passed', met: 3, of: 3, atMs: to },
    },
    stages: [{ stage: 'checks', startMs: from, endMs: to, attempt: 1 }],
  };
}

/** A chain of units, each of which waits for the one before it. */
function criticalPath(units: readonly Given[]): Given[] {
  const done = units.filter(({ state }) => state === 'done');
  const path = done.filter((_, index) => index % Math.max(1, Math.floor(done.length / 6)) === 0).slice(0, 6);
  return path.map(({ id, stages }) => {
    const all = stages as { startMs: number; endMs: number }[];
    return {
      ...{
        unit: id,
        startMs: all[0]?.startMs ?? 0,
        endMs: all.at(-1)?.endMs ?? 0,
        waitedFor: null,
        agentsMs: 0,
        checksMs: 0,
      },
      ...{ placesMs: 0, coresMs: 0, limitsMs: 0, mergeQueueMs: 0, peopleMs: 0, itselfMs: 0 },
    };
  });
}

function historyOf(units: readonly Given[], text: (what: string) => string): Given {
  const runs = Array.from({ length: 10 }, (_, index) => ({
    ...{
      id: `run-${index}`,
      startedAt: `2026-11-${19 + index}T02:00:00.000Z`,
      landed: (index * 5) % 9,
      costUsd: 1.5 + index / 4,
    },
  }));
  const cycle = ['met', 'unmet', 'flaky', 'awaiting', 'question', 'not-reached', null];
  const criteria = units.slice(0, 12).map(({ key }, row) => ({
    ...{ unit: key, text: text('Converts at the rate of the day') },
    verdicts: runs.map((_, index) =>
      index < row % 5 ? null : index > 7 ? (row < 3 ? 'unmet' : 'met') : (cycle[(row + index) % 7] ?? null),
    ),
    tookMs: runs.map((_, index) => (index < row % 5 ? null : 1000 + ((row * index * 131) % 900))),
  }));
  return { runs, criteria, steady: 143 };
}
