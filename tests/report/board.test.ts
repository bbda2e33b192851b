import { expect, test } from 'vitest';
import type { UnitState } from '../../src/model/unit.ts';
import { boardLines, type BoardUnit } from '../../src/report/board.ts';
import { plainText } from '../../src/report/line.ts';
import { widthOf } from '../../src/util/text/width.ts';

const unit = (key: string, state: UnitState): BoardUnit => ({ key, state });
const units = [
  ...['money', 'errors', 'clock', 'storage', 'vat'].map((key) => unit(key, 'done')),
  ...[unit('reminders', 'waiting'), unit('webhooks', 'ready'), unit('csv', 'working'), unit('search', 'judging')],
  ...[unit('currency', 'failed'), unit('email', 'awaiting'), unit('sync', 'blocked'), unit('old', 'retired')],
];

/** The board as text, which always fits. */
function seen(of: readonly BoardUnit[], columns: number, most: number, isUtf8 = true): string {
  const texts = boardLines(of, { columns, isUtf8 }, most).map(plainText);
  expect(texts.filter((text) => widthOf(text) >= columns || /\p{Cc}/u.test(text))).toEqual([]);
  return `\n${texts.join('\n')}\n`;
}

test('units stand in columns by how far they are; of too many in one, the others are counted', () => {
  expect(seen(units, 80, 4)).toMatchInlineSnapshot(`
    "
    planned      2  building     1  judging      1  needs you    3  landed       5
    ──────────────  ──────────────  ──────────────  ──────────────  ──────────────
    ◌ reminders     ● csv           ◇ search        ✗ currency      ✓ money
    ◌ webhooks                                      ? email         ✓ errors
                                                    ! sync          ✓ clock
                                                                    + 2 more
    "
  `);
});

test('on a narrow terminal columns stand one below the other, and without UTF-8 all is ASCII', () => {
  expect(seen(units, 40, 9, false)).toMatchInlineSnapshot(`
    "
    planned 2
      . reminders
      . webhooks
    building 1
      * csv
    judging 1
      = search
    needs you 3
      x currency
      ? email
      ! sync
    landed 5
      + money
      + errors
      + clock
      + storage
      + vat
    "
  `);
});

test('names of any letters and length are cut, and cannot move the cursor', () => {
  expect(seen([unit('日本語'.repeat(9), 'done'), unit('\u001b[2Jevil\nname', 'working')], 80, 9))
    .toMatchInlineSnapshot(`
    "
    planned      0  building     1  judging      0  needs you    0  landed       1
    ──────────────  ──────────────  ──────────────  ──────────────  ──────────────
                    ● evil name                                     ✓ 日本語日本…
    "
  `);
  for (const columns of [20, 59, 60, 61, 200]) seen([unit('日本語'.repeat(9), 'done')], columns, 3);
});
