import type { Lens } from '../../src/model/agent.ts';
import type { Verdict } from '../../src/model/evidence.ts';
import type { UnitId } from '../../src/model/ids.ts';
import { type UnitSpec, unasked } from '../../src/model/unit.ts';
import { atOnce, type Turn } from '../../src/util/process/turn.ts';
import { onAborted } from '../../src/util/time/aborted.ts';
import { judge } from '../../src/verify/judge.ts';
import type { CommandEvidence, JudgeContext, JudgeInput } from '../../src/verify/judge-context.ts';
import { readOutcome } from '../../src/verify/runs/outcome.ts';
import { type End, end } from './command-end.ts';

/** The files of a tree, by path. */
export type Files = Readonly<Record<string, string>>;
/** A command: how it ends on a tree, in its nth run there (from 0). */
export type Program = (files: Files, nth: number) => End;

/** The work that is judged, and how commands and reviewers answer. */
export interface Work {
  readonly base: Files;
  /** What it would land on; the base if nothing landed meanwhile. */
  readonly tip?: Files;
  /** What the agent left, with every change that it made. */
  readonly left: Files;
  /** Paths whose changes were left out of the candidate, since they judge. */
  readonly judges?: readonly string[];
  /** Paths that were put back, since they are protected. */
  readonly restored?: readonly string[];
  /** Paths outside of the unit's `touches`. */
  readonly outside?: readonly string[];
  /** Commands by name, `*` for every other; a criterion has the command's name as its text. */
  readonly programs: Readonly<Record<string, Program>>;
  readonly checks?: readonly string[];
  /** Checks of the whole project that criteria ask for. */
  readonly guards?: readonly string[];
  readonly projectChecks?: readonly string[];
  /** Checks and claims of a unit `e` whose change was merged with this one's. */
  readonly earlier?: { readonly checks?: readonly string[]; readonly claims?: readonly string[] };
  readonly claims?: readonly string[];
  readonly humans?: readonly string[];
  readonly approvals?: readonly string[];
  /** What reviewers say of a claim; without it they confirm. */
  readonly says?: (claim: string, lens: Lens) => 'confirmed' | 'refuted' | 'silent';
  readonly isGamingAsked?: boolean;
  readonly look?: JudgeInput['look'];
  readonly unit?: Partial<UnitSpec>;
  /** Commands that failed on the candidate earlier in this run. */
  readonly wasRed?: readonly string[];
  /** Commands that gave different results on one tree before. */
  readonly differed?: readonly string[];
  /** When a run goes on, by its name. @default as on a busy machine */
  readonly pace?: (run: string, turn: Turn) => Promise<void>;
}

/** On a machine without a free core, a run begins once it is needed. */
async function onBusyMachine(_run: string, { needed, stop }: Turn): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const ends = [onAborted(needed, resolve), onAborted(stop, () => reject(stop.reason as Error))];
  if (!needed.aborted) await promise;
  for (const end of ends) end();
}

/** What came out: the verdict, each run of a command, and each question to a reviewer. */
export interface Judged {
  readonly verdict: Verdict;
  readonly runs: readonly string[];
  readonly asked: readonly string[];
}

/** A tree is named by its content, as in git. */
const nameOf = (files: Files): string =>
  JSON.stringify(Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
const filesOf = (tree: string): Files => Object.fromEntries(JSON.parse(tree) as [string, string][]);

function pick(files: Files, from: Files, paths: readonly string[]): Files {
  const picked = { ...files, ...Object.fromEntries(paths.map((path) => [path, from[path]])) };
  return Object.fromEntries(
    Object.entries(picked).flatMap(([path, text]) => (text === undefined ? [] : [[path, text]])),
  );
}

/** Judges work by the real judge. Trees are kept in memory; a passed check is not run twice on one tree. */
export async function judged(work: Work): Promise<Judged> {
  const { judges = [], restored = [], outside = [], pace = onBusyMachine } = work;
  const candidate = pick(work.left, work.base, [...judges, ...restored]);
  const changed = [...new Set([...Object.keys(work.base), ...Object.keys(candidate)])].filter(
    (path) => work.base[path] !== candidate[path],
  );
  const names: Readonly<Record<string, string>> = {
    ...(work.tip === undefined ? {} : { [nameOf(work.tip)]: 'tip' }),
    [nameOf(work.base)]: 'base',
    [nameOf(candidate)]: 'candidate',
  };
  const runs: string[] = [];
  const asked: string[] = [];
  const ran = new Map<string, CommandEvidence[]>();
  const context: JudgeContext = {
    async runCheck(tree, { command }, on, turn = atOnce, again = false) {
      const name = `${command} on ${names[tree] ?? 'another tree'}${again === false ? '' : `, ${again === true ? 'again' : again}`}`;
      await pace(name, turn);
      const key = `${command} ${tree}`;
      const before = ran.get(key) ?? [];
      const known = again === false ? before.find((one) => readOutcome(one).kind !== 'unclear') : undefined;
      if (known) return { ...known, on };
      runs.push(name);
      const program =
        work.programs[command] ??
        work.programs['*'] ??
        (() => ({ exitCode: 127, excerpt: `sh: 1: ${command}: not found` }));
      const evidence = end(program(filesOf(tree), before.length), { on, tree, command });
      ran.set(key, [...before, evidence]);
      return evidence;
    },
    review: (_tree, lens, claims, earlier) => {
      asked.push(`${lens}${earlier ? ` for ${earlier.key}` : ''}: ${claims.join(', ')}`);
      return Promise.resolve(
        claims.map((claim) => {
          const says = work.says?.(claim, lens) ?? 'confirmed';
          if (says === 'silent') {
            const failure = { reason: 'no-evidence', criterion: claim, why: 'silent' } as const;
            return { evidence: null, failure, isReproduced: false };
          }
          const evidence = {
            kind: 'review',
            on: 'candidate',
            tree: 't',
            verdict: says,
            reason: 'r',
            quotes: [],
          } as const;
          const failure = { reason: 'claim-refuted', criterion: claim, why: 'r' } as const;
          return { evidence, failure: says === 'refuted' ? failure : null, isReproduced: false };
        }),
      );
    },
    isGamingAsked: work.isGamingAsked ?? false,
    reviewers: 2,
    withFiles: (base, from, files) => Promise.resolve(nameOf(pick(filesOf(base), filesOf(from), files))),
    withoutFiles: (tree, files) => Promise.resolve(nameOf(pick(filesOf(tree), {}, files))),
    wasRed: (_tree, { command }) => work.wasRed?.includes(command) ?? false,
    everDiffered: ({ command }) => Promise.resolve(work.differed?.includes(command) ?? false),
    withText: (tree, file, text) => Promise.resolve(nameOf({ ...filesOf(tree), [file]: text })),
    readFile: (tree, file) => Promise.resolve(filesOf(tree)[file] ?? null),
    // A file is one hunk here.
    listHunks: (_before, _after, files) =>
      Promise.resolve(files.map((path) => ({ path, line: 1, lines: 1, oldLine: 1, oldLines: 1 }))),
    withoutHunk: (before, after, { path }) => Promise.resolve(nameOf(pick(filesOf(after), filesOf(before), [path]))),
    checkRuns: () => runs.length,
  };
  const criterion = (
    kind: 'check' | 'claim' | 'human',
    texts: readonly string[] = [],
  ): Omit<UnitSpec['criteria'][number], 'position'>[] =>
    texts.map((text) => ({
      text,
      kind,
      command: kind === 'check' ? text : null,
      hash: text,
      isTicked: false,
      line: 1,
    }));
  const unit = (key: string, criteria: readonly Omit<UnitSpec['criteria'][number], 'position'>[]): UnitSpec => ({
    ...unasked,
    ...({ id: key as UnitId, key, title: key.toUpperCase(), kind: 'change', file: `${key}.md`, line: 1 } as const),
    ...{ body: '', criteriaHash: '', contentHash: '' },
    criteria: criteria.map((one, position) => ({ ...one, position })),
  });
  const own = unit('u', [
    ...criterion('check', work.checks),
    ...criterion('check', work.guards).map((one) => ({ ...one, isGuard: true })),
    ...criterion('claim', work.claims),
    ...criterion('human', work.humans),
  ]);
  const { earlier } = work;
  const verdict = await judge(context, {
    unit: { ...own, ...work.unit },
    baseTree: nameOf(work.base),
    baseFiles: new Set(Object.keys(work.base)),
    ownFiles: new Set(),
    candidate: {
      tree: nameOf(candidate),
      tipTree: nameOf(work.tip ?? work.base),
      unrestoredTree: nameOf(pick(candidate, work.left, restored)),
      restored,
      judges,
      openTree: nameOf(pick(candidate, work.left, judges)),
      outside,
      coreTree: nameOf(pick(candidate, work.base, outside)),
      files: changed,
      allFiles: new Set(Object.keys(candidate)),
    },
    projectChecks: (work.projectChecks ?? []).map((command) => ({ name: command, command })),
    earlier:
      earlier === undefined
        ? []
        : [unit('e', [...criterion('check', earlier.checks), ...criterion('claim', earlier.claims)])],
    approvals: (work.approvals ?? []).map((by) => ({ by, message: '' })),
    look: work.look ?? 'first',
  });
  return { verdict, runs, asked };
}
