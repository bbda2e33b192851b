import { expect, test, vi } from 'vitest';
import type { Turn } from '../../src/util/process/turn.ts';
import { onAborted } from '../../src/util/time/aborted.ts';
import { type Files, judged, type Program, type Work } from '../support/judged.ts';

const has =
  (path: string): Program =>
  (files) => ({ exitCode: path in files ? 0 : 1 });
const says =
  (path: string, text: string): Program =>
  (files) => ({ exitCode: files[path]?.includes(text) ? 0 : 1 });
const always: Program = () => ({ exitCode: 0 });
const never: Program = () => ({ exitCode: 1 });
/** Passes every second time on any tree, from this on. */
const sometimes =
  (first: 0 | 1): Program =>
  (_files, nth) => ({ exitCode: (nth + first) % 2 });

const base: Files = { 'src/a.js': 'old' };
const left: Files = { 'src/a.js': 'new' };
/** Work that meets its one check. */
const honest = { base, left, checks: ['new'], programs: { new: says('src/a.js', 'new') } } as const satisfies Work;

interface Said {
  readonly outcome: string;
  readonly failure?: string;
  readonly doubt?: string;
  /** Verdict and role of each criterion. */
  readonly criteria: readonly string[];
  readonly runs: readonly string[];
  readonly asked?: readonly string[];
}

async function saidOf(work: Work): Promise<Said> {
  const { verdict, runs, asked } = await judged(work);
  const criteria = verdict.criteria.map(
    ({ text, verdict: is, role, failure }) =>
      `${text}: ${is}${role === null ? '' : `, ${role}`}${failure === null ? '' : ` (${failure.reason})`}`,
  );
  return {
    outcome: verdict.outcome,
    ...(verdict.failure === null ? {} : { failure: verdict.failure.reason }),
    ...(verdict.doubt === null ? {} : { doubt: verdict.doubt }),
    criteria,
    runs,
    ...(asked.length === 0 ? {} : { asked }),
  };
}

/** A verdict without the way to it. */
const formed = ({ runs: _runs, ...rest }: Said): Omit<Said, 'runs'> => rest;

/** The verdict where every run begins as soon as it can. */
const onIdleMachine = async (work: Work): Promise<Omit<Said, 'runs'>> =>
  formed(await saidOf({ ...work, pace: () => Promise.resolve() }));

test('a check that fails before the work, twice, and passes after it, twice, is a proof', async () => {
  expect(await saidOf(honest)).toEqual({
    outcome: 'done',
    criteria: ['new: met, proof'],
    runs: ['new on candidate', 'new on base', 'new on base, again', 'new on candidate, again'],
  });
});

test('the same work on another tip is not repeated, and a trial judges the checks alone', async () => {
  const runs = ['new on candidate', 'new on base', 'new on base, again'];
  for (const look of ['again', 'trial'] as const)
    expect(await saidOf({ ...honest, look })).toEqual({ outcome: 'done', criteria: ['new: met, proof'], runs });
});

test.each<[string, Work, string, readonly string[]]>([
  ['a check that fails', { ...honest, programs: { new: never } }, 'check-failed', ['new: unmet, proof (check-failed)']],
  ['a check that passed before', { ...honest, programs: { new: always } }, 'no-proof', ['new: met, guard']],
  [
    'only a check of the whole project, which failed before',
    { ...honest, checks: [], guards: ['new'] },
    'no-proof',
    ['new: met, guard'],
  ],
  [
    'a check of the whole project that fails',
    { ...honest, guards: ['all'], programs: { ...honest.programs, all: never } },
    'check-failed',
    ['new: met, proof', 'all: unmet, guard (check-failed)'],
  ],
  ['no change at all', { ...honest, left: base, programs: { new: always } }, 'empty-change', ['new: met, guard']],
  [
    'a check that fails before only now and then',
    {
      ...honest,
      programs: { new: (files, nth) => (files['src/a.js'] === 'new' ? { exitCode: 0 } : sometimes(1)(files, nth)) },
    },
    'flaky-proof',
    ['new: met, guard'],
  ],
  [
    'a check that passes after only now and then',
    {
      ...honest,
      programs: { new: (files, nth) => (files['src/a.js'] === 'new' ? sometimes(0)(files, nth) : { exitCode: 1 }) },
    },
    'unsteady',
    ['new: unmet, proof (unsteady)'],
  ],
  [
    'a check that failed on this tree before',
    { ...honest, wasRed: ['new'] },
    'unsteady',
    ['new: unmet, proof (unsteady)'],
  ],
  [
    'a project check that the work broke',
    { ...honest, projectChecks: ['old'], programs: { ...honest.programs, old: says('src/a.js', 'old') } },
    'check-failed',
    ['new: met, proof', 'old: unmet, guard (check-failed)'],
  ],
  [
    'a project check with fewer tests than before',
    {
      ...honest,
      projectChecks: ['all'],
      programs: {
        ...honest.programs,
        all: (files) => ({ exitCode: 0, testsRun: files['src/a.js'] === 'new' ? 2 : 3 }),
      },
    },
    'fewer-tests',
    ['new: met, proof', 'all: unmet, guard (fewer-tests)'],
  ],
  [
    'a runner without a test',
    { ...honest, programs: { new: (files) => ({ exitCode: files['src/a.js'] === 'new' ? 0 : 1, testsRun: 0 }) } },
    'no-tests',
    ['new: unmet, proof (no-tests)'],
  ],
  ['a program that nobody has', { ...honest, programs: {} }, 'check-failed', ['new: unmet, proof (check-failed)']],
  [
    'a check that passes only with files outside of `touches`',
    { ...honest, left: { ...left, 'b.js': 'b' }, outside: ['b.js'], programs: { new: has('b.js') } },
    'outside-touches',
    ['new: unmet, proof (outside-touches)'],
  ],
  [
    'a check that passes only with what was left out since it judges',
    { ...honest, left: { ...left, 'check.sh': 'true' }, judges: ['check.sh'], programs: { new: has('check.sh') } },
    'outside-touches',
    ['new: unmet, proof (outside-touches)'],
  ],
  [
    'a check that passes only with a protected path as the agent left it',
    {
      ...honest,
      left: { ...left, 'jest.config.js': 'x' },
      restored: ['jest.config.js'],
      programs: { new: has('jest.config.js') },
    },
    'tampered',
    ['new: unmet, proof (tampered)'],
  ],
  [
    'a claim that reviewers refute',
    { ...honest, claims: ['It is quick'], says: () => 'refuted' },
    'claim-refuted',
    ['new: met, proof', 'It is quick: unmet (claim-refuted)'],
  ],
  [
    'a claim that no reviewer answers',
    { ...honest, claims: ['It is quick'], says: () => 'silent' },
    'no-evidence',
    ['new: met, proof', 'It is quick: unmet (no-evidence)'],
  ],
  [
    'a test of its own that reviewers do not confirm',
    {
      ...honest,
      checks: ['node a.test.js'],
      left: { ...left, 'a.test.js': 't' },
      programs: {
        'node a.test.js': (files) => ({ exitCode: 'a.test.js' in files && files['src/a.js'] === 'new' ? 0 : 1 }),
      },
      says: () => 'refuted',
    },
    'claim-refuted',
    ['node a.test.js: met, guard'],
  ],
  [
    'a test of its own that passes without the change',
    {
      ...honest,
      checks: ['node a.test.js'],
      left: { ...left, 'a.test.js': 't' },
      programs: { 'node a.test.js': has('a.test.js') },
    },
    'no-proof',
    ['node a.test.js: met, guard'],
  ],
  [
    'a check that passes only by a test that the unit added, which needs no change',
    { ...honest, left: { ...left, 'a.test.js': 't' }, programs: { new: has('a.test.js') } },
    'no-proof',
    ['new: met, guard'],
  ],
])('not done: %s', async (_name, work, failure, criteria) => {
  const said = await saidOf(work);
  expect(await onIdleMachine(work)).toEqual(formed(said));
  expect({ outcome: said.outcome, failure: said.failure, criteria: said.criteria }).toEqual({
    outcome: 'not-done',
    failure,
    criteria,
  });
});

test.each<[string, Work, readonly string[]]>([
  [
    'with a protected path that was put back, which no check needs',
    { ...honest, left: { ...left, 'jest.config.js': 'x' }, restored: ['jest.config.js'] },
    ['new: met, proof'],
  ],
  [
    'with changes outside of `touches` that no check needs',
    { ...honest, left: { ...left, 'b.js': 'b' }, outside: ['b.js'] },
    ['new: met, proof'],
  ],
  [
    'with a claim that reviewers confirm, and no proof',
    { ...honest, programs: { new: always }, claims: ['It is quick'] },
    ['new: met, guard', 'It is quick: met'],
  ],
  ['with a claim alone', { ...honest, checks: [], claims: ['It is quick'] }, ['It is quick: met']],
  [
    'with a test of its own that fails without the change and that reviewers confirm',
    {
      ...honest,
      checks: ['node a.test.js'],
      left: { ...left, 'a.test.js': 't' },
      programs: {
        'node a.test.js': (files) => ({ exitCode: 'a.test.js' in files && files['src/a.js'] === 'new' ? 0 : 1 }),
      },
    },
    ['node a.test.js: met, proof'],
  ],
  [
    'with a person who approves',
    { ...honest, humans: ['It is fine'], approvals: ['ann'] },
    ['new: met, proof', 'It is fine: met'],
  ],
  [
    'with a person who approves work that nothing proves',
    { ...honest, programs: { new: always }, approvals: ['ann'] },
    ['new: met, guard'],
  ],
  [
    'with more tests than before',
    {
      ...honest,
      projectChecks: ['all'],
      programs: {
        ...honest.programs,
        all: (files) => ({ exitCode: 0, testsRun: files['src/a.js'] === 'new' ? 4 : 3 }),
      },
    },
    ['new: met, proof', 'all: met, guard'],
  ],
  [
    'with a check that gave different results before, and now none',
    { ...honest, differed: ['new'] },
    ['new: met, proof'],
  ],
])('done: %s', async (_name, work, criteria) => {
  const said = await saidOf(work);
  expect(await onIdleMachine(work)).toEqual(formed(said));
  expect({ outcome: said.outcome, failure: said.failure, criteria: said.criteria }).toEqual({
    outcome: 'done',
    failure: undefined,
    criteria,
  });
});

test('a check that was cut short before the work proves nothing: a person decides', async () => {
  const cut: Program = (files) => (files['src/a.js'] === 'new' ? { exitCode: 0 } : { timedOut: true });
  expect(await saidOf({ ...honest, programs: { new: cut } })).toEqual({
    outcome: 'awaiting',
    doubt:
      'all checks pass, but nothing shows that they failed before the work: `new`: before the work it exceeded the time limit, so the result proves nothing',
    criteria: ['new: met, unclear'],
    runs: ['new on candidate', 'new on base', 'new on base, longer', 'new on candidate, again', 'new on base'],
  });
});

test('a check that is cut short after the work fails, and accuses nobody of tampering', async () => {
  const cut: Program = (files) => ('jest.config.js' in files ? { exitCode: 0 } : { timedOut: true });
  const work = {
    ...honest,
    left: { ...left, 'jest.config.js': 'x' },
    restored: ['jest.config.js'],
    programs: { new: cut },
  };
  expect(await saidOf(work)).toMatchObject({ outcome: 'not-done', failure: 'check-failed' });
});

test('a check that ever gave different results is run once more', async () => {
  expect(
    (await saidOf({ ...honest, differed: ['new'] })).runs.filter((run) => run === 'new on candidate, again'),
  ).toHaveLength(2);
});

test('work that a person has not approved yet waits', async () => {
  expect(await saidOf({ ...honest, humans: ['It is fine'] })).toMatchObject({
    outcome: 'awaiting',
    criteria: ['new: met, proof', 'It is fine: awaiting'],
  });
});

test('reviewers are asked only if no command failed; about every change, whether it was gamed', async () => {
  const work = { ...honest, claims: ['It is quick'], isGamingAsked: true };
  expect((await saidOf({ ...work, programs: { new: never } })).asked).toBeUndefined();
  expect((await saidOf(work)).asked).toHaveLength(2);
  expect((await saidOf({ ...work, look: 'again' })).asked).toEqual(['holds: It is quick', 'gaming: It is quick']);
});

test.each<[string, Partial<Work>, Omit<Said, 'runs'>]>([
  [
    'a check that still passes',
    { earlier: { checks: ['old'] } },
    { outcome: 'done', criteria: ['new: met, proof', 'e: old: met, guard'] },
  ],
  [
    'a check that passed on the branch, and fails now',
    { earlier: { checks: ['gone'] } },
    {
      outcome: 'not-done',
      failure: 'check-failed',
      criteria: ['new: met, proof', 'e: gone: unmet, guard (check-failed)'],
    },
  ],
  [
    'a check that failed on the branch, too',
    { earlier: { checks: ['never'] } },
    { outcome: 'done', criteria: ['new: met, proof', 'e: never: met, guard'] },
  ],
  [
    'a claim that reviewers confirm again',
    { earlier: { claims: ['tidy'] } },
    {
      outcome: 'done',
      criteria: ['new: met, proof', 'e: tidy: met'],
      asked: ['holds for e: tidy', 'gaming for e: tidy'],
    },
  ],
  [
    'a claim that reviewers refute now',
    { earlier: { claims: ['tidy'] }, says: () => 'refuted' },
    {
      outcome: 'not-done',
      failure: 'claim-refuted',
      criteria: ['new: met, proof', 'e: tidy: unmet (claim-refuted)'],
      asked: ['holds for e: tidy', 'gaming for e: tidy'],
    },
  ],
  [
    'a claim, after a check of its own that fails',
    { earlier: { claims: ['tidy'] }, programs: { new: never } },
    { outcome: 'not-done', failure: 'check-failed', criteria: ['new: unmet, proof (check-failed)'] },
  ],
  [
    'a check that an agent could pass only by what judges: that is tampering',
    {
      earlier: { checks: ['gone'] },
      left: { ...left, 'judge.js': 'mild' },
      restored: ['judge.js'],
      programs: {
        new: says('src/a.js', 'new'),
        gone: (files) => ({ exitCode: files['src/a.js'] === 'old' || 'judge.js' in files ? 0 : 1 }),
      },
    },
    {
      outcome: 'not-done',
      failure: 'tampered',
      criteria: ['new: met, proof', 'e: gone: unmet, guard (tampered)'],
    },
  ],
])('of an earlier unit whose change was merged with it: %s', async (_name, work, expected) => {
  const programs = { ...honest.programs, old: always, never, gone: says('src/a.js', 'old') };
  const all = { ...honest, tip: { 'src/a.js': 'old', 'src/e.js': 'e' }, programs, ...work };
  expect(formed(await saidOf(all))).toEqual(expected);
});

test('accusations of tampering come first, then what no attempt can change', async () => {
  const work: Work = {
    ...honest,
    left: { ...left, 'jest.config.js': 'x' },
    restored: ['jest.config.js'],
    checks: ['red', 'missing', 'config'],
    programs: { red: never, config: has('jest.config.js') },
  };
  expect((await saidOf(work)).failure).toBe('tampered');
  const { verdict } = await judged({ ...work, checks: ['red', 'missing'] });
  expect(verdict.failure).toMatchObject({ reason: 'check-failed', missing: 'missing' });
});

/** A runner of tests, which fails where a test expects anything but 1; patched work makes it pass. */
const runner =
  (isPatched: boolean): Program =>
  (files) => {
    const isNew = files['src/a.js'] === 'new';
    const isMet = Object.values(files).every((text) => !text.includes('equal(a, 2)'));
    return { exitCode: isNew && (isPatched || isMet) ? 0 : 1, testsRun: 1 };
  };

test.each<[string, boolean, 'first' | 'trial', readonly unknown[]]>([
  ['caught by an honest runner', false, 'first', ['done', undefined, ['caught']]],
  ['missed by one that always passes', true, 'first', ['not-done', 'tampered', ['missed']]],
  ['not released in a trial', true, 'trial', ['done', undefined, []]],
])('a canary is %s', async (_name, isPatched, look, expected) => {
  const tested: Files = { ...base, 'a.test.js': 'assert.equal(a, 1);' };
  const checks = ['node a.test.js'];
  const { verdict } = await judged({
    look,
    base: tested,
    left: { ...tested, ...left },
    checks,
    programs: { '*': runner(isPatched) },
  });
  const canaries = verdict.criteria.flatMap(({ evidence }) =>
    evidence.flatMap((one) => (one.kind === 'canary' ? [one.verdict] : [])),
  );
  expect([verdict.outcome, verdict.failure?.reason, canaries]).toEqual(expected);
});

test('changed lines that no check notices are told', async () => {
  const work = { ...honest, left: { ...left, 'src/b.js': 'b', 'notes.md': 'n' } };
  const { verdict } = await judged(work);
  expect(verdict.unproven).toEqual({ tried: 2, of: 2, found: [{ file: 'src/b.js', line: 1, lines: 1 }] });
});

/** A machine with free cores on which each run goes on until it is let go, or stopped. */
class Machine {
  /** What happened, in order. */
  readonly log: string[] = [];
  readonly #running = new Map<string, () => void>();

  readonly pace = async (run: string, { stop }: Turn): Promise<void> => {
    this.log.push(`+ ${run}`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#running.set(run, resolve);
    const stay = onAborted(stop, () => {
      this.log.push(`x ${run}`);
      this.#running.delete(run);
      reject(stop.reason as Error);
    });
    await promise;
    stay();
  };

  /** The runs that go on, once these do. */
  async runs(...names: readonly string[]): Promise<void> {
    await vi.waitFor(() => expect([...this.#running.keys()].toSorted()).toEqual(names.toSorted()));
  }

  end(...names: readonly string[]): void {
    for (const name of names) {
      this.#running.get(name)?.();
      this.#running.delete(name);
    }
  }
}

test('what passing work needs runs at the same time: both trees, and both again', async () => {
  const machine = new Machine();
  const verdict = saidOf({ ...honest, pace: machine.pace });
  const all = ['new on candidate', 'new on base', 'new on base, again', 'new on candidate, again'];
  await machine.runs(...all);
  machine.end(...all);
  await machine.runs('new on base'); // its tree without the hunk
  machine.end('new on base');
  expect(await verdict).toMatchObject({ outcome: 'done', criteria: ['new: met, proof'] });
  expect(machine.log.filter((line) => line.startsWith('x'))).toEqual([]);
});

test('a check that fails ends what only passing work needs, and no other check: every failure is told', async () => {
  const machine = new Machine();
  const work = {
    ...honest,
    checks: ['bad', 'new'],
    projectChecks: ['slow'],
    programs: { ...honest.programs, '*': never },
  };
  const verdict = saidOf({ ...work, pace: machine.pace });
  const needed = ['bad', 'new', 'slow'].flatMap((name) => [`${name} on candidate`, `${name} on base`]);
  const again = ['bad', 'new'].flatMap((name) => [`${name} on candidate, again`, `${name} on base, again`]);
  await machine.runs(...needed, ...again);
  machine.end('bad on candidate');
  // Whether the other check was red by chance belongs to its verdict.
  await machine.runs(...needed.slice(1), 'new on base, again');
  machine.end(...needed, 'new on base, again');
  expect(await verdict).toMatchObject({
    criteria: ['bad: unmet, proof (check-failed)', 'new: met, proof', 'slow: unmet, guard (check-failed)'],
  });
  expect(machine.log.filter((line) => line.startsWith('x')).toSorted()).toEqual([
    'x bad on base, again',
    'x bad on candidate, again',
    'x new on candidate, again',
  ]);
});

test('a check that passed before the work is not repeated', async () => {
  const machine = new Machine();
  const verdict = saidOf({ ...honest, programs: { new: always }, claims: ['It is quick'], pace: machine.pace });
  const [base, candidate] = ['new on base', 'new on candidate'];
  await machine.runs(base, candidate, `${base}, again`, `${candidate}, again`);
  machine.end(base);
  await machine.runs(candidate);
  machine.end(candidate);
  await machine.runs(base); // its tree without the hunk
  machine.end(base);
  expect(await verdict).toMatchObject({ outcome: 'done', criteria: ['new: met, guard', 'It is quick: met'] });
});

test('what explains a failure begins with it, beside the checks that still run', async () => {
  const machine = new Machine();
  const work = {
    ...honest,
    left: { ...left, 'jest.config.js': 'x' },
    restored: ['jest.config.js'],
    checks: ['new', 'slow'],
    programs: { new: has('jest.config.js'), slow: never },
  };
  const verdict = saidOf({ ...work, pace: machine.pace });
  const slow = ['slow on base', 'slow on candidate', 'slow on base, again', 'slow on candidate, again'];
  await machine.runs(...slow, ...slow.map((name) => name.replace('slow', 'new')));
  machine.end('new on base', 'new on candidate');
  await machine.runs('new on another tree', ...slow.slice(0, 3));
  machine.end('new on another tree', ...slow.slice(0, 2));
  expect(await verdict).toMatchObject({ outcome: 'not-done', failure: 'tampered' });
});

test('after an error nothing goes on', async () => {
  const machine = new Machine();
  const work = { ...honest, checks: ['new', 'lost'], programs: { ...honest.programs, lost: never } };
  const pace = async (run: string, turn: Turn): Promise<void> => {
    await machine.pace(run, turn);
    if (run === 'lost on base') throw new Error('the disk is full');
  };
  const verdict = saidOf({ ...work, pace });
  const all = ['new', 'lost'].flatMap((name) => [`${name} on candidate`, `${name} on base`]);
  await machine.runs(...all, ...all.map((name) => `${name}, again`));
  machine.end('lost on base', 'lost on candidate');
  await expect(verdict).rejects.toThrow('the disk is full');
  await machine.runs();
});
