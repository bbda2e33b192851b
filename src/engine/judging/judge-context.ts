import { diffText } from '../../repo/objects/diff.ts';
import { reviewBrief } from '../../agents/words/brief.ts';
import { checksText } from '../../agents/words/evidence-text.ts';
import type { Lens } from '../../model/agent.ts';
import type { AttemptId } from '../../model/ids.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { findEvidence, recordEvidence } from '../../queue/evidence.ts';
import type { Shown } from '../../queue/units.ts';
import { listHunks, withoutHunk } from '../../repo/objects/hunks.ts';
import { editTree, entryAt, listTree, readTreeFile, treeOf, writeBlob } from '../../repo/objects/tree.ts';
import { atOnce, type Turn } from '../../util/process/turn.ts';
import { aborted, onAborted, orAborted } from '../../util/time/aborted.ts';
import { checkOfUnit, type CommandEvidence, type JudgeContext } from '../../verify/judge-context.ts';
import { tryRefutation } from '../../verify/reviews/refutation.ts';
import { askAgain, readReview, type Reviewed, reviewSchema } from '../../verify/reviews/review.ts';
import type { Checkouts } from '../checks/checkouts.ts';
import { treeForReviewers } from './holding.ts';
import { Interrupted } from '../context/interrupted.ts';
import { askReader, type Read } from '../crew/reader.ts';
import { type ConfirmedReviews, subjectOf } from './confirmed-reviews.ts';
import type { Earlier } from './earlier.ts';
import type { JudgingRun } from './work.ts';
import { sharedFor } from '../crew/shared-brief.ts';

interface Judging {
  readonly unit: UnitSpec;
  readonly attempt: AttemptId;
  readonly attemptNumber: number;
  readonly baseTree: string;
  /** Trees without and with the work, both including what landed meanwhile. */
  readonly change: Shown;
  readonly earlier: readonly Earlier[];
  readonly confirmed: ConfirmedReviews;
  /**
   * That of the verdict. Until that is needed, its runs take only cores that nothing needed waits for, and no reviewer is
   * paid for. Once it is pointless, what runs ends, and nothing more begins.
   */
  readonly turn: Turn;
  /** Takes the numbers of runs of checks whose results the verdict needed. */
  readonly onNeeded: (number: number) => void;
  /** Number of the reviewer's next session in this attempt, from 1. */
  readonly nextSession: () => number;
}

export function openJudgeContext(run: JudgingRun, checkouts: Checkouts, it: Judging): JudgeContext {
  const { unit, attempt } = it;
  const seen: { evidence: CommandEvidence | null }[] = [];
  let runs = 0;
  // Checks run at the same time; reviewers see them in the order of the criteria.
  const commands = [...unit.criteria, ...run.projectChecks].map(({ command }) => command);
  const placeOf = ({ command }: CommandEvidence): number => {
    const place = commands.indexOf(command);
    return place === -1 ? commands.length : place;
  };
  return {
    async runCheck(tree, check, on, turn = atOnce, again = false) {
      const ran: (typeof seen)[number] = { evidence: null };
      let isNew = false;
      // Only what was needed counts, and is shown to reviewers, in the order in which it was.
      onAborted(turn.needed, () => {
        seen.push(ran);
        if (isNew) runs++;
      });
      const onRun = (): void => {
        isNew = true;
        if (turn.needed.aborted) runs++;
      };
      ran.evidence = await checkouts.check(
        tree,
        check,
        on,
        { unit: unit.id, attempt },
        {
          again,
          onRun,
          onNeeded: it.onNeeded,
          turn: { ...turn, stop: AbortSignal.any([turn.stop, it.turn.stop]) },
          after: it.turn.needed,
        },
      );
      return ran.evidence;
    },
    checkRuns: () => runs,
    async withText(tree, file, text, like) {
      const mode = (await entryAt(run.repository, tree, like))?.mode ?? '100644';
      const object = await writeBlob(run.repository, Buffer.from(text));
      return editTree(run.repository, tree, [{ path: file, entry: { mode, object } }]);
    },
    readFile: async (tree, file) => (await readTreeFile(run.repository, tree, file))?.toString('utf8') ?? null,
    listHunks: (before, after, files) => listHunks(run.repository, before, after, files),
    withoutHunk: (before, after, hunk) => withoutHunk(run.repository, before, after, hunk),
    async withFiles(base, from, files) {
      const entries = (await listTree(run.repository, from)).filter((entry) => files.includes(entry.path));
      return editTree(
        run.repository,
        base,
        entries.map((entry) => ({ path: entry.path, entry: { mode: entry.mode, object: entry.object } })),
      );
    },
    withoutFiles: async (tree, files) =>
      editTree(
        run.repository,
        tree,
        files.map((path) => ({ path, entry: null })),
      ),
    wasRed: (tree, check) => checkouts.wasRed(tree, check),
    everDiffered: async (check) => checkouts.everDiffered(check),
    isGamingAsked: run.fleet.casting.isGamingAsked,
    reviewers: run.fleet.casting.recipeOf(unit, it.attemptNumber - 1).reviewers,
    async review(tree, lens, claims, earlier) {
      const of = earlier ?? unit;
      const change = earlier === undefined ? it.change : await changeOf(run, it, earlier);
      const subject = (claim: string): string => subjectOf(of, lens, claim);
      const known = await Promise.all(
        claims.map(async (claim) => {
          const evidence = findEvidence(run.database, tree, subject(claim));
          if (evidence?.kind === 'review' && evidence.verdict === 'confirmed') return evidence;
          return it.confirmed.on(subject(claim), tree, change);
        }),
      );
      if (known.every((evidence) => evidence !== null))
        return known.map((evidence): Reviewed => ({ evidence, failure: null, isReproduced: false }));
      await orAborted(it.turn.stop, aborted(it.turn.needed));
      const sessionNumber = it.nextSession(); // taken now, so that parallel reviewers keep their order
      const diff = await diffText(run.repository, change.before, change.after);
      const shown = seen
        .flatMap(({ evidence }) => evidence ?? [])
        .filter((evidence) => evidence.tree === tree || evidence.tree === it.baseTree)
        .toSorted((a, b) => placeOf(a) - placeOf(b));
      const place = await treeForReviewers(run, tree, it.baseTree);
      const askOnce = async (number: number, asked: readonly string[]): Promise<Reviewed[]> => {
        const material = { unit: of, lens, claims: asked, diff, evidence: checksText(shown) };
        const outcome = await askReviewer(run, it, place, number, material);
        return readReview({
          outcome,
          claims: asked,
          tree,
          lens,
          readFile: (file) => readTreeFile(run.repository, tree, file),
          tryCommand: async (command) =>
            tryRefutation(async (on, again) => {
              const at = on === 'base' ? change.before : tree;
              const options = { again, onNeeded: it.onNeeded };
              return checkouts.check(at, checkOfUnit(of, command), on, { unit: unit.id, attempt }, options);
            }),
        });
      };
      const reviewed = await askAgain(claims, (asked, isFirst) =>
        askOnce(isFirst ? sessionNumber : it.nextSession(), asked),
      );
      for (const [index, { evidence }] of reviewed.entries()) {
        const claim = claims[index];
        if (evidence && claim !== undefined) {
          recordEvidence(run.database, {
            at: run.clock.now(),
            run: run.id,
            unit: unit.id,
            attempt,
            subject: subject(claim),
            evidence,
          });
          await it.confirmed.add(subject(claim), change, evidence);
        }
      }
      return reviewed;
    },
  };
}

/** The change by which an earlier unit landed. */
async function changeOf({ repository }: JudgingRun, { earlier }: Judging, unit: UnitSpec): Promise<Shown> {
  const commit = earlier.find((one) => one.unit.id === unit.id)?.commit;
  if (commit === undefined) throw new Error(`Internal error: nothing was merged with ${unit.id}`);
  return { before: await treeOf(repository, `${commit}^`), after: await treeOf(repository, commit) };
}

async function askReviewer(
  run: JudgingRun,
  it: Judging,
  tree: string,
  number: number,
  material: {
    /** The unit whose claims are reviewed. */
    readonly unit: UnitSpec;
    readonly lens: Lens;
    readonly claims: readonly string[];
    readonly diff: string;
    readonly evidence: string;
  },
): Promise<Read> {
  const { unit } = it;
  const cast = run.fleet.cast('reviewer', unit);
  const shared = await sharedFor(run, unit, cast.agent, it.baseTree);
  const attempt = { id: it.attempt, number: it.attemptNumber };
  const outcome = await askReader(
    { run, unit, attempt, tree },
    {
      role: 'reviewer',
      cast,
      number,
      lens: material.lens,
      answerSchema: reviewSchema,
      brief: (nonce) => reviewBrief({ shared, prompt: cast.prompt, ...material, nonce }),
      stop: it.turn.stop,
    },
  );
  if (outcome.kind === 'failed' && outcome.failure.reason === 'budget-spent')
    throw new Interrupted({ kind: 'budget', why: outcome.failure.detail });
  return outcome;
}
