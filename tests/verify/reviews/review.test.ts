import { describe, expect, test } from 'vitest';
import { noUsage, type Outcome } from '../../../src/model/agent.ts';
import { askAgain, readReview, type Reviewed } from '../../../src/verify/reviews/review.ts';

const file = 'one\n  const two = 2;\nthree\nfour\n';

async function review(outcome: Outcome): Promise<string> {
  const [reviewed] = await readReview({
    outcome,
    claims: ['It is so'],
    tree: 't',
    lens: 'holds',
    tryCommand: (command) => Promise.resolve(command === 'shows' ? 'shown' : command === 'says' ? 'vote' : 'nothing'),
    readFile: (path) => Promise.resolve(path === 'src/a.ts' ? Buffer.from(file) : null),
  });
  return told(reviewed);
}

function told(reviewed: Reviewed | undefined): string {
  if (reviewed?.failure)
    return reviewed.failure.reason === 'no-evidence' ? `no evidence: ${reviewed.failure.why}` : reviewed.failure.reason;
  return reviewed?.evidence?.verdict ?? 'nothing';
}

function says(verdict: object): Outcome {
  return {
    kind: 'finished',
    answer: { verdicts: [{ claim: 1, verdict: 'confirmed', reason: 'r', quotes: [], ...verdict }] },
    followups: [],
    usage: noUsage,
    session: null,
  };
}

const quote = (line: number, text: string, path = 'src/a.ts'): object => ({ quotes: [{ file: path, line, text }] });

describe('a confirmation counts only with a quote that is really there', () => {
  test.each<[string, object, string]>([
    ['the very line', quote(2, 'const two = 2;'), 'confirmed'],
    ['a piece of it', quote(2, 'two = 2'), 'confirmed'],
    ['several lines', quote(2, 'const two = 2;\nthree'), 'confirmed'],
    ['no quote', {}, 'no evidence: the reviewer confirmed it without quoting a line'],
    [
      'another line',
      quote(3, 'const two = 2;'),
      'no evidence: the reviewer quoted src/a.ts:3, but that line does not contain the text',
    ],
    [
      'text that is nowhere',
      quote(2, 'const two = 3;'),
      'no evidence: the reviewer quoted src/a.ts:2, but that line does not contain the text',
    ],
    [
      'a file that is nowhere',
      quote(2, 'x', 'src/b.ts'),
      'no evidence: the reviewer quoted src/b.ts:2, but that line does not contain the text',
    ],
    [
      'a file outside',
      quote(1, 'root', '../../etc/passwd'),
      'no evidence: the reviewer quoted ../../etc/passwd:1, but that line does not contain the text',
    ],
    [
      'nothing that says anything',
      quote(2, ';'),
      'no evidence: the reviewer quoted src/a.ts:2, but that line does not contain the text',
    ],
    [
      'one good quote and one bad',
      {
        quotes: [
          { file: 'src/a.ts', line: 1, text: 'one' },
          { file: 'src/a.ts', line: 1, text: 'two' },
        ],
      },
      'no evidence: the reviewer quoted src/a.ts:1, but that line does not contain the text',
    ],
  ])('%s', async (_name, verdict, expected) => expect(await review(says(verdict))).toBe(expected));
});

describe('everything else is not a confirmation', () => {
  test('a refutation counts with a quote that is there, or a command that shows it', async () => {
    const said = [
      quote(1, 'one'),
      { command: 'shows' },
      { command: 'says' },
      {},
      quote(1, 'two'),
      { command: 'exit 1' },
      { command: 'exit 1', ...quote(1, 'one') },
    ];
    expect(await Promise.all(said.map((how) => review(says({ verdict: 'refuted', ...how }))))).toEqual([
      'claim-refuted',
      'claim-refuted',
      'claim-refuted',
      'no evidence: the reviewer refuted it without a quote: r',
      'no evidence: the reviewer refuted it without a quote: r',
      'no evidence: the reviewer refuted it by a command that does not reproduce it: r',
      'claim-refuted',
    ]);
  });
  test('two verdicts that differ', async () =>
    expect(
      await review({
        kind: 'finished',
        answer: {
          verdicts: [
            { claim: 1, verdict: 'confirmed', reason: 'r', ...quote(1, 'one') },
            { claim: 1, verdict: 'refuted', reason: 'r', ...quote(1, 'one') },
          ],
        },
        followups: [],
        usage: noUsage,
        session: null,
      }),
    ).toBe('claim-refuted'));
  test('a verdict on another claim', async () =>
    expect(await review(says({ claim: 2, ...quote(1, 'one') }))).toBe('no evidence: the reviewer did not answer'));
  test('another shape', async () =>
    expect(await review({ kind: 'finished', answer: 'PASS', followups: [], usage: noUsage, session: null })).toBe(
      "no evidence: the reviewer's answer has the wrong shape",
    ));
  test('a crash', async () =>
    expect(
      await review({
        kind: 'failed',
        failure: { reason: 'agent-failed', kind: 'crashed', detail: 'boom' },
        usage: noUsage,
      }),
    ).toBe('no evidence: the reviewer gave no verdict (The agent failed (crashed): boom)'));
  test('a block', async () =>
    expect(await review({ kind: 'blocked', why: 'I will not', usage: noUsage })).toBe(
      'no evidence: the reviewer gave no verdict (I will not)',
    ));
});

test('who says nothing that counts is asked once more, about that alone; a refutation without a proof is an answer', async () => {
  const nothing = (more: object = {}): Reviewed => ({
    ...{ evidence: null, isReproduced: false, ...more },
    failure: { reason: 'no-evidence', criterion: 'c', why: 'silent', ...more },
  });
  const confirmed = { evidence: null, failure: null, isReproduced: false };
  const asked: (readonly string[])[] = [];
  const first = [nothing(), confirmed, nothing({ isRefuted: true }), nothing({ isFinal: true }), nothing()];
  const reviewed = await askAgain(['a', 'b', 'c', 'd', 'e'], (claims, isFirst) => {
    asked.push(claims);
    return Promise.resolve(isFirst ? first : [confirmed, nothing()]);
  });
  expect(asked).toEqual([
    ['a', 'b', 'c', 'd', 'e'],
    ['a', 'e'],
  ]);
  expect(reviewed.map(({ failure }) => failure !== null)).toEqual([false, false, true, true, true]);
});
