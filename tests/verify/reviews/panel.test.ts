import { expect, test } from 'vitest';
import type { Lens } from '../../../src/model/agent.ts';
import type { Reviewers } from '../../../src/model/recipe.ts';
import { askPanel, gamingClaim } from '../../../src/verify/reviews/panel.ts';
import type { Reviewed } from '../../../src/verify/reviews/review.ts';

type Says = 'confirmed' | 'refuted' | 'reproduced' | 'silent';

function answer(says: Says, claim: string): Reviewed {
  if (says === 'silent')
    return { evidence: null, failure: { reason: 'no-evidence', criterion: claim, why: 'silent' }, isReproduced: false };
  const verdict = says === 'confirmed' ? 'confirmed' : 'refuted';
  return {
    evidence: { kind: 'review', on: 'candidate', tree: 't', verdict, reason: 'r', quotes: [] },
    failure: verdict === 'refuted' ? { reason: 'claim-refuted', criterion: claim, why: 'r' } : null,
    isReproduced: says === 'reproduced',
  };
}

/** What a panel decides about one claim (and the gaming question) when its reviewers say this, and who was asked. */
async function decided(
  says: Partial<Record<Lens, readonly Says[]>>,
  isGamingAsked = false,
  claims: readonly string[] = ['x'],
  reviewers: Reviewers = 2,
): Promise<unknown> {
  const asked: string[] = [];
  const result = await askPanel(
    (lens, questions) => {
      asked.push(`${lens}: ${questions.map((q) => (q === gamingClaim ? 'gaming' : q)).join(', ')}`);
      return Promise.resolve(questions.map((question, index) => answer(says[lens]?.[index] ?? 'silent', question)));
    },
    { claims, isGamingAsked, reviewers },
  );
  return {
    asked,
    claims: result.claims.map(({ failure }) => failure?.reason ?? 'holds'),
    ...(result.gaming ? { gaming: result.gaming.failure?.reason ?? 'holds' } : {}),
  };
}

test.each<[string, Says, Says, Says, string, number]>([
  ['two agree: the third is not asked', 'confirmed', 'confirmed', 'refuted', 'holds', 2],
  ['two against', 'refuted', 'refuted', 'confirmed', 'claim-refuted', 2],
  ['the third decides for', 'confirmed', 'refuted', 'confirmed', 'holds', 3],
  ['the third decides against', 'refuted', 'confirmed', 'refuted', 'claim-refuted', 3],
  ['one silent, two for', 'silent', 'confirmed', 'confirmed', 'holds', 3],
  ['one silent, and no agreement', 'silent', 'confirmed', 'refuted', 'claim-refuted', 3],
  ['too few votes', 'silent', 'silent', 'confirmed', 'no-evidence', 2],
  ['two silent at the end', 'confirmed', 'silent', 'silent', 'no-evidence', 3],
  ['a refutation that is reproduced outweighs them all', 'confirmed', 'reproduced', 'confirmed', 'claim-refuted', 2],
])('%s', async (_name, holds, gaming, beside, expected, count) => {
  expect(await decided({ holds: [holds], gaming: [gaming], beside: [beside] })).toEqual({
    asked: ['holds: x', 'gaming: x', 'beside: x'].slice(0, count),
    claims: [expected],
  });
});

test('a unit without claims is looked at by the gaming lens alone; a silent one is replaced', async () => {
  expect(await decided({ gaming: ['confirmed'] }, true, [])).toEqual({
    asked: ['gaming: gaming'],
    claims: [],
    gaming: 'holds',
  });
  expect(await decided({ gaming: ['refuted'] }, true, [])).toEqual({
    asked: ['gaming: gaming'],
    claims: [],
    gaming: 'claim-refuted',
  });
  expect(await decided({ gaming: ['silent'], beside: ['confirmed'] }, true, [])).toEqual({
    asked: ['gaming: gaming', 'beside: gaming'],
    claims: [],
    gaming: 'holds',
  });
  expect(await decided({}, true, [])).toMatchObject({ gaming: 'no-evidence' });
});

test('the third reviewer is asked only about what is still open', async () => {
  const says: Partial<Record<Lens, readonly Says[]>> = {
    holds: ['confirmed', 'confirmed'],
    gaming: ['confirmed', 'refuted', 'confirmed'],
    beside: ['confirmed'],
  };
  expect(await decided(says, true, ['x', 'y'])).toEqual({
    asked: ['holds: x, y', 'gaming: x, y, gaming', 'beside: y'],
    claims: ['holds', 'holds'],
    gaming: 'holds',
  });
});

test.each<[string, Says, Says, string, number]>([
  ['confirms: that is enough', 'confirmed', 'refuted', 'holds', 1],
  ['refutes: that is enough', 'refuted', 'confirmed', 'claim-refuted', 1],
  ['says nothing: another one is asked', 'silent', 'confirmed', 'holds', 2],
  ['says nothing, nor does the other', 'silent', 'silent', 'no-evidence', 2],
])('where one reviewer is enough, and it %s', async (_name, first, second, expected, count) => {
  expect(await decided({ holds: [first], beside: [second] }, false, ['x'], 1)).toEqual({
    asked: ['holds: x', 'beside: x'].slice(0, count),
    claims: [expected],
  });
});

test('one reviewer is asked the claims and whether anything was gamed at once', async () => {
  expect(await decided({ gaming: ['confirmed', 'refuted'] }, true, ['x'], 1)).toEqual({
    asked: ['gaming: x, gaming'],
    claims: ['holds'],
    gaming: 'claim-refuted',
  });
});

test.each<[string, readonly [Says, Says, Says], string]>([
  ['two confirm', ['confirmed', 'confirmed', 'refuted'], 'holds'],
  ['two refute', ['confirmed', 'refuted', 'refuted'], 'claim-refuted'],
  ['a refutation is reproduced', ['confirmed', 'confirmed', 'reproduced'], 'claim-refuted'],
])('where a unit is risky all three look: %s', async (_name, [holds, gaming, beside], expected) => {
  expect(await decided({ holds: [holds], gaming: [gaming, 'confirmed'], beside: [beside] }, true, ['x'], 3)).toEqual({
    asked: ['holds: x', 'gaming: x, gaming', 'beside: x'],
    claims: [expected],
    gaming: 'holds',
  });
});
