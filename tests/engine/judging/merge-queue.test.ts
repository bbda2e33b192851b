import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { onAborted } from '../../../src/util/time/aborted.ts';
import { MergeQueue, type Outcome } from '../../../src/engine/judging/merge-queue.ts';

/**
 * A branch of commits that are named after all that is in them, such as `.ab`, and a queue to it. Each judgement ends when
 * the test says so.
 */
class Branch {
  readonly queue = new MergeQueue();
  tip = '.';
  /** What the end of failed work waits for. */
  deciding = Promise.resolve();
  /** All that happened. */
  readonly log: string[] = [];
  readonly #judging: (readonly [string, PromiseWithResolvers<Outcome<string>>])[] = [];

  /** Adds work that conflicts with commits that hold any of the given letters. Gives `landed`, what failed, or the error. */
  async ride(name: string, conflicts = ''): Promise<string> {
    const land = async ({ result }: Outcome<string>): Promise<string | null> => {
      if (this.tip !== result.slice(0, -1)) return null;
      await turn();
      this.tip = result;
      return 'landed';
    };
    return this.queue
      .run<string, string>({
        readTip: async () => Promise.resolve(this.tip),
        bet: async (on, { needed, stop }) => {
          await turn();
          const commit = `${on}${name}`;
          if (Array.from(conflicts).some((letter) => on.includes(letter)))
            return { commit: null, judged: Promise.resolve({ passes: false, result: commit }) };
          this.log.push(`${commit} begins`);
          onAborted(needed, () => this.log.push(`${commit} is needed`));
          stop.addEventListener('abort', () => this.log.push(`${commit} is not needed`));
          const judging = Promise.withResolvers<Outcome<string>>();
          this.#judging.push([commit, judging]);
          return { commit, judged: judging.promise };
        },
        land,
        fail: async ({ result }) => {
          await this.deciding;
          return `fails on ${result.slice(0, -1)}`;
        },
        tell: (step) => void this.log.push(`${name} ${step}`),
      })
      .catch((error: unknown) => (error instanceof Error ? error.message : ''));
  }

  /** The commits in judgement. */
  get judging(): string[] {
    return this.#judging.map(([commit]) => commit);
  }

  #take(commit: string): PromiseWithResolvers<Outcome<string>> {
    const index = this.#judging.findIndex(([one]) => one === commit);
    const [[, judging] = []] = this.#judging.splice(index, index < 0 ? 0 : 1);
    if (!judging) throw new Error(`${commit} is not judged`);
    return judging;
  }

  judge(commit: string, passes: boolean): void {
    this.#take(commit).resolve({ passes, result: commit });
  }

  break(commit: string): void {
    this.#take(commit).reject(new Error(`${commit} breaks`));
  }
}

/** Lets everything happen that can. */
async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await turn();
}

test('each one is judged at once on the one ahead, and lands without another judgement', async () => {
  const branch = new Branch();
  const ends = Promise.all(['a', 'b', 'c'].map(async (name) => branch.ride(name)));
  await settled();
  expect(branch.judging).toEqual(['.a', '.ab', '.abc']);
  for (const commit of ['.abc', '.ab', '.a']) branch.judge(commit, true);
  expect(await ends).toEqual(['landed', 'landed', 'landed']);
  expect([branch.tip, branch.judging]).toEqual(['.abc', []]);
  expect(branch.log.filter((line) => !line.includes('.'))).toEqual([
    'a holds',
    'b waits',
    'c waits',
    'a left',
    'b holds',
    'b left',
    'c holds',
    'c left',
  ]);
});

test('an outcome is needed once nothing is ahead, and never if the work is made again by then', async () => {
  const branch = new Branch();
  const ends = Promise.all(['a', 'b', 'c'].map(async (name) => branch.ride(name)));
  await settled();
  branch.judge('.ab', false);
  await settled();
  branch.judge('.a', true);
  await settled();
  branch.judge('.ac', true);
  branch.judge('.abc', true);
  expect(await ends).toEqual(['landed', 'fails on .a', 'landed']);
  expect(branch.log.filter((line) => line.endsWith('needed') || line.endsWith('left'))).toEqual([
    '.a is needed',
    '.abc is not needed',
    '.a is not needed',
    'a left',
    '.ab is needed',
    '.ab is not needed',
    'b left',
    '.abc is needed',
    '.ac is needed',
    '.ac is not needed',
    'c left',
  ]);
});

test('those behind one that fails are made again without it, those ahead are not', async () => {
  const branch = new Branch();
  const ends = Promise.all(['a', 'b', 'c', 'd'].map(async (name) => branch.ride(name)));
  await settled();
  branch.judge('.abc', true);
  branch.judge('.ab', false);
  await settled();
  expect(branch.judging).toEqual(['.a', '.abcd', '.ac', '.acd']);
  for (const commit of ['.a', '.ac', '.acd']) branch.judge(commit, true);
  await settled();
  branch.judge('.abcd', true); // what nobody needs still has to end
  expect(await ends).toEqual(['landed', 'fails on .a', 'landed', 'landed']);
  expect(branch.tip).toBe('.acd');
  expect(branch.log).toContain('.abcd is not needed');
});

test('a failure on work that does not land itself counts for nothing', async () => {
  const branch = new Branch();
  const ends = Promise.all(['a', 'b'].map(async (name) => branch.ride(name)));
  await settled();
  branch.judge('.ab', false);
  await settled();
  branch.judge('.a', false);
  await settled();
  expect(branch.judging).toEqual(['.b']);
  branch.judge('.b', true);
  expect(await ends).toEqual(['fails on .', 'landed']);
});

test('nobody waits for what the end of failed work takes', async () => {
  const branch = new Branch();
  const decided = Promise.withResolvers<void>();
  branch.deciding = decided.promise;
  const ends = ['a', 'b'].map(async (name) => branch.ride(name));
  await settled();
  branch.judge('.a', false);
  await settled();
  for (const commit of ['.b', '.ab']) branch.judge(commit, true); // what nobody needs has to end, too
  expect(await ends[1]).toBe('landed');
  decided.resolve();
  expect(await ends[0]).toBe('fails on .');
});

test('one that conflicts with work ahead ends once that has landed, and those behind do not wait for it', async () => {
  const branch = new Branch();
  const ends = [branch.ride('a'), branch.ride('b', 'a'), branch.ride('c')];
  await settled();
  expect(branch.judging).toEqual(['.a', '.ac']);
  branch.judge('.ac', true);
  branch.judge('.a', true);
  expect(await Promise.all(ends)).toEqual(['landed', 'fails on .a', 'landed']);
  expect(branch.tip).toBe('.ac');
});

test('once somebody else moves the branch, all are judged again on it', async () => {
  const branch = new Branch();
  const ends = Promise.all(['a', 'b'].map(async (name) => branch.ride(name)));
  await settled();
  branch.tip = '.x';
  for (const commit of ['.a', '.ab']) branch.judge(commit, true);
  await settled();
  expect(branch.judging).toEqual(['.xa', '.xab']);
  for (const commit of ['.xa', '.xab']) branch.judge(commit, true);
  expect([await ends, branch.tip]).toEqual([['landed', 'landed'], '.xab']);
});

test('an error ends the one that it happens to, and only that', async () => {
  const branch = new Branch();
  const ends = Promise.all(['a', 'b', 'c'].map(async (name) => branch.ride(name)));
  await settled();
  branch.break('.ab');
  await settled();
  expect(branch.judging).toEqual(['.a', '.abc', '.ac']);
  branch.break('.abc'); // nobody needs it
  for (const commit of ['.a', '.ac']) branch.judge(commit, true);
  expect([await ends, branch.tip]).toEqual([['landed', '.ab breaks', 'landed'], '.ac']);
});

test('one that cannot be told of its place takes none from the others', async () => {
  const branch = new Branch();
  const refused = branch.queue.run<string, string>({
    readTip: async () => Promise.resolve(branch.tip),
    bet: async () => Promise.reject(new Error('not reached')),
    land: async () => Promise.resolve(''),
    fail: async () => Promise.resolve(''),
    tell: () => {
      throw new Error('the disk is full');
    },
  });
  const end = branch.ride('a');
  await expect(refused).rejects.toThrow('the disk is full');
  await settled();
  branch.judge('.a', true);
  expect(await end).toBe('landed');
});

test('at first 32 are judged at once; one more after each landing, and half after each failure', async () => {
  const branch = new Branch();
  const names = Array.from({ length: 50 }, (_, index) => String.fromCodePoint(0x4e00 + index));
  const ends = names.map(async (name) => branch.ride(name));
  await settled();
  expect(branch.judging.length).toBe(32);
  const first = branch.judging[0] ?? '';
  branch.judge(first, true);
  await settled();
  expect(branch.judging.length).toBe(33); // 32 of before, and one for the deeper queue and the next place
  branch.judge(branch.judging[0] ?? '', false);
  await settled();
  const onTip = branch.judging.filter((commit) => !commit.includes(names[1] ?? ''));
  expect(onTip.length).toBe(16);
  for (;;) {
    const [next] = branch.judging;
    if (next === undefined) break;
    branch.judge(next, true);
    await settled();
  }
  expect((await Promise.all(ends)).filter((end) => end === 'landed').length).toBe(49);
});

/** Random numbers from 0 to 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

test.each(Array.from({ length: 30 }, (_, seed) => seed))(
  'whatever fails, conflicts, breaks and in which order (%i), the end is that of one at a time',
  async (seed) => {
    const next = random(seed + 1);
    const branch = new Branch();
    const names = Array.from('abcdefghijkl');
    // Whether work passes is decided by itself and by what it is on, as with real checks.
    const pairs = new Set(names.flatMap((a) => names.flatMap((b) => (next() < 0.1 ? [`${a}${b}`] : []))));
    const isFine = (commit: string): boolean =>
      !Array.from(commit.slice(1, -1)).some((earlier) => pairs.has(`${earlier}${commit.at(-1) ?? ''}`));
    const conflicts = new Map(names.map((name) => [name, names.find(() => next() < 0.02) ?? '']));
    const broken = new Set(names.filter(() => next() < 0.05));
    const ends = names.map(async (name) => branch.ride(name, conflicts.get(name)));
    for (let idle = 0; idle < 3;) {
      for (let i = 0; i < next() * 12; i++) await turn();
      const open = branch.judging;
      const commit = open[Math.floor(next() * open.length)];
      if (commit === undefined) {
        await settled();
        idle = branch.judging.length === 0 ? idle + 1 : 0;
      } else if (broken.has(commit.at(-1) ?? '')) branch.break(commit);
      else branch.judge(commit, isFine(commit));
    }
    await Promise.all(ends);
    let expected = '.';
    for (const name of names) {
      const isIn = (conflicts.get(name) ?? '') !== '' && expected.includes(conflicts.get(name) ?? '');
      if (!isIn && !broken.has(name) && isFine(`${expected}${name}`)) expected += name;
    }
    expect(branch.tip).toBe(expected);
  },
);

test('a bug in a judgement that nobody needs any longer ends everything in the queue', async () => {
  const branch = new Branch();
  const ends = Promise.all(['a', 'b', 'c'].map(async (name) => branch.ride(name)));
  await settled();
  branch.judge('.a', false);
  await settled();
  expect(branch.judging).toEqual(['.ab', '.abc', '.b', '.bc']);
  branch.queue.fail(new Error('.ab breaks'));
  for (const commit of branch.judging) branch.judge(commit, true);
  expect(await ends).toEqual(['fails on .', '.ab breaks', '.ab breaks']);
  expect([branch.tip, await branch.ride('d')]).toEqual(['.', '.ab breaks']);
});
