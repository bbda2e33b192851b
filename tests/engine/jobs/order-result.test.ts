import path from 'node:path';
import { expect, test } from 'vitest';
import { checkedResult } from '../../../src/engine/jobs/order-result.ts';
import type { OrderResult } from '../../../src/engine/jobs/job.ts';
import { noUsage } from '../../../src/model/agent.ts';
import { openRepository } from '../../../src/repo/git/repository.ts';
import { TestProject } from '../../support/project.ts';

const finished = { kind: 'finished', answer: null, followups: [], session: null, harvested: null };
const followup = { title: 'One', criteria: ['a'] };

test('a worker is believed no more than the run can see', async () => {
  const project = TestProject.make({ 'a.txt': 'a' });
  const stateFolder = path.join(project.outside, 'state');
  const repository = await openRepository({ folder: project.root, stateFolder, env: process.env, identity: null });
  const [commit, tree, blob] = ['HEAD', 'HEAD^{tree}', 'HEAD:a.txt'].map((name) => project.git('rev-parse', name));
  const of = async (outcome: object, usage: object | null = noUsage): Promise<OrderResult> =>
    checkedResult(repository, { outcome, usage } as unknown as OrderResult);
  const work = (harvested: object): object => ({ ...finished, harvested: { files: ['a.txt'], ...harvested } });

  const good = [
    finished,
    work({ tree, commit }),
    { kind: 'blocked', why: 'no' },
    { kind: 'limited', until: 5, why: 'no' },
    { kind: 'failed', failure: { reason: 'agent-failed', kind: 'crashed', detail: 'exit 1' } },
    { kind: 'stopped' },
  ];
  for (const outcome of good) expect(await of(outcome)).toEqual({ outcome, usage: noUsage });

  const bad: readonly (readonly [object, (object | null)?])[] = [
    [work({ tree: 'HEAD', commit })],
    [work({ tree: '--output=x', commit })],
    [work({ tree: blob, commit })],
    [work({ tree, commit: tree })],
    [work({ tree: commit, commit })],
    [work({ tree, commit: '0'.repeat(40) })],
    [{ kind: 'done' }],
    [{ ...finished, followups: [null] }],
    [finished, { ...noUsage, calls: 0.5 }],
    [finished, { ...noUsage, costMicroUsd: -1 }],
    [finished, {}],
  ];
  for (const [outcome, usage] of bad)
    expect([outcome, await of(outcome, usage)]).toEqual([
      outcome,
      { outcome: { kind: 'lost', why: expect.stringMatching(/^its worker sent/) as string }, usage: null },
    ]);

  const many = await of({ ...finished, followups: Array.from({ length: 20_000 }, () => followup) });
  expect(many.outcome).toMatchObject({ followups: Array.from({ length: 6 }, () => followup) });
  const long = await of({ kind: 'blocked', why: 'x'.repeat(1_000_000) });
  expect(long.outcome).toEqual({ kind: 'blocked', why: 'x'.repeat(10_000) });
});
