import { z } from 'zod';
import { maxFollowups, followupSchema } from '../../agents/tools/answer-tools.ts';
import { treeOf } from '../../repo/objects/tree.ts';
import { GitError } from '../../repo/git/git.ts';
import type { Repository } from '../../repo/git/repository.ts';
import type { LookResult, OrderResult } from './job.ts';

/** Characters kept of a worker's sentence. */
const maxText = 10_000;

const text = z.string().transform((value) => value.slice(0, maxText));
const object = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const session = z.string().nullable();
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const usage = z.object({
  ...{ inputTokens: count, outputTokens: count, cacheReadTokens: count, cacheWriteTokens: count },
  ...{ calls: count, toolCalls: count, costMicroUsd: count.nullable() },
  ...{ possibleMicroUsd: count, notionalMicroUsd: count },
});

const failure = z.looseObject({ reason: z.string() });

const outcome = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('finished'),
    answer: z.unknown(),
    followups: z.array(followupSchema).transform((all) => all.slice(0, maxFollowups + 1)),
    session,
    harvested: z.object({ tree: object, commit: object, files: z.array(z.string()) }).nullable(),
  }),
  z.object({ kind: z.literal('blocked'), why: text }),
  z.object({ kind: z.literal('limited'), until: z.number(), why: text }),
  z.object({ kind: z.literal('refused'), failure, session }),
  z.object({ kind: z.literal('failed'), failure }),
  z.object({ kind: z.literal('stopped') }),
  z.object({ kind: z.literal('broken'), error: z.looseObject({}) }),
  z.object({ kind: z.literal('lost'), why: text }),
]);

const spent = z.object({ waitedMs: count, openedMs: count, ranMs: count, limitedMs: count.optional() });

const result = z.object({ outcome, usage: usage.nullable(), spent: spent.optional() });

/**
 * The result of an order as the run may use it: a worker may be another machine, so its word is checked. A result that
 * makes no sense counts as lost with its worker.
 */
export async function checkedResult(repository: Repository, given: OrderResult): Promise<OrderResult> {
  const read = result.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    return lost(
      `its worker sent a result that cannot be used: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    );
  }
  const { outcome: ended } = read.data;
  if (ended.kind === 'finished' && ended.harvested !== null && !(await isTreeOf(repository, ended.harvested)))
    return lost('its worker sent work that cannot be used: the commit is not one of the tree');
  return read.data as OrderResult;
}

const seen = z.object({
  kind: z.literal('seen'),
  files: z.array(z.string().min(1).max(4096)).max(100_000),
  tree: object.nullable(),
});

/** The same for a look: what makes no sense was not seen. */
export async function checkedLook(repository: Repository, given: LookResult): Promise<LookResult> {
  if (given.kind !== 'seen') return given;
  const { data } = seen.safeParse(given);
  if (data === undefined) return { kind: 'unseen' };
  return data.tree === null || (await isTree(repository, data.tree)) ? data : { kind: 'unseen' };
}

async function isTree(repository: Repository, tree: string): Promise<boolean> {
  try {
    return (await treeOf(repository, tree)) === tree;
  } catch (error) {
    if (error instanceof GitError) return false;
    throw error;
  }
}

function lost(why: string): OrderResult {
  return { outcome: { kind: 'lost', why }, usage: null };
}

async function isTreeOf(
  repository: Repository,
  { commit, tree }: { readonly commit: string; readonly tree: string },
): Promise<boolean> {
  try {
    return (await treeOf(repository, commit)) === tree && commit !== tree;
  } catch (error) {
    if (error instanceof GitError) return false;
    throw error;
  }
}
