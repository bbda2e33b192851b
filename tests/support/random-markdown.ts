/** A source of random numbers that are the same for the same seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0, below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  one<T>(of: readonly T[]): T {
    const found = of[this.below(of.length)];
    if (found === undefined) throw new Error('nothing to choose from');
    return found;
  }

  /** As many results as `limit`, or fewer. */
  some<T>(limit: number, make: () => T): T[] {
    return Array.from({ length: this.below(limit + 1) }, make);
  }
}

/** What a line can begin with, several times. */
const begins = [
  ...['- ', '* ', '+ ', '1. ', '2) ', '7. ', '10. ', '-', '1.', '-\t', '  - ', '   - ', '     - ', '-     '],
  ...['> ', '>', '  ', '    ', '\t', ' ', '', '', '', '', '', '# ', '## ', '```', '~~~', '````', '```js', '``` a`'],
  ...['<div>', '</div>', '<!--', '-->', '<script>', '</script>', '<a>', '<b>x</b>', '<?', '?>', '<![CDATA[', ']]>'],
  ...['<!A', '[a]: b', '[^a]: ', '[^n]:', '- [ ] ', '- [x] ', '---', '===', '***', '- - -', '|a|b|', '|-|-|', 'a|b'],
];

const words = [
  ...['a', 'b c', '*em*', '**st', '`code`', '[a]', '[^a]', '[a](b)', '<i>', '&amp;', '~~x~~', '|', '  ', '\\*', ''],
  ...['check: `x`', '===', '\u00A0', '\t', '[a][', '![', '](', '__proto__', '[constructor]', '_a_', 'https://a.b/c'],
];

const tags = ['<a b="c" d>', '<br/>', '<p ', '</b >', '<pre/>', '<x a=b=c>', '<div>', '<!--'];

/** Lines in which every construct of Markdown meets every other, and HTML more often, mostly by accident. */
export function wildHtml(dice: Dice): string {
  return wildMarkdown(dice, [...begins, ...tags, ...tags]);
}

/** Lines in which every construct of Markdown meets every other, mostly by accident. */
export function wildMarkdown(dice: Dice, beginnings: readonly string[] = begins): string {
  const end = dice.one(['\n', '\n', '\n', '\r\n', '\r']);
  const rarely = dice.one([1, 2, 3, 6]);
  const line = (): string =>
    [...dice.some(3, () => dice.one(beginnings)), ...dice.some(3, () => dice.one(words) + dice.one(['', ' ']))].join(
      '',
    );
  const blank = (): string => dice.one(['', ' ', '  ']);
  return Array.from({ length: 25 }, () => (dice.below(rarely) === 0 ? blank() : line()) + end).join('');
}

const boxes = ['[ ]', '[x]', '[X]', '[]', '[~]', '[-]', '[✓]', '[✅]', '[n/a]', '[ ]*', '[x]*', '[y]', ''];
const headings = [
  ...['## Acceptance criteria', '### Definition of done', '**Done when:**', '## Notes', '#### Scenario: It works'],
  ...['## Unit: One', '## Unit: Two', '## Phase 1: Begin', '## Phase 2: User Story 1', '### User Story 1 - Use it'],
  ...['# Title', '## Tasks', '## Requirements', '### Task 1: Do it', '## Story 1.1: It', '## Acceptance Criteria:'],
];
const fronts = [
  ...['', '', '', '---\n---\n', '---\nid: some-id\nlabels: &a [x]\ndepends: *a\n---\n'],
  ...[
    '---\n__proto__: {id: x}\nconstructor: y\n---\n',
    '---\ntitle: "A: b"\ntouches: a/**, b\n---\n',
    '---\nid: [\n---\n',
  ],
  ...['---\nlabels: [&a a, *a, *b]\n---\n', '---\na: &a [*a]\n---\n', '---\nstatus: To Do\n---\n', '---\nid: a\n'],
];

/** A file as people write specs, with slips: lists of boxes, nested and quoted, below headings, beside wild lines. */
export function specMarkdown(dice: Dice): string {
  const end = dice.one(['\n', '\n', '\n', '\r\n']);
  const text = (): string => dice.some(5, () => dice.one(words)).join(dice.one([' ', ' ', ''])) || 'It';
  const check = (): string =>
    dice.one(['', '', ' — check: `npm test`', ' check: `a` and check: `b`', ' (human)', ' [US1]']);
  const items = (): string[] => {
    const quote = dice.below(8) === 0 ? '> ' : '';
    const marker = dice.one(['- ', '- ', '- ', '* ', '1. ', '1) ', '-  ', '-\t']);
    return dice.some(6, () => {
      const indent = '  '.repeat(dice.below(4));
      const box = dice.one(boxes);
      const said = text();
      const gap = /^[a-z`]/.test(said) ? dice.one([' ', ' ', ' ', '']) : ' ';
      return `${quote}${indent}${marker}${box}${gap}${said}${check()}`;
    });
  };
  const blocks = (): string[] => {
    switch (dice.below(12)) {
      case 0:
        return ['```', ...items(), dice.one(['```', '```', ''])];
      case 1:
        return [wildMarkdown(dice).trimEnd()];
      case 2:
        return ['| a | b |', '|---|---|', `| ${text()} | ${check()} |`];
      case 3:
        return ['[a]: https://example.org', '[__proto__]: b "c"'];
      case 4:
        return [`${text()} `.repeat(dice.below(40))];
      case 5:
      case 6:
        return [text()];
      default:
        return items();
    }
  };
  const lines = dice.some(8, () => [dice.one(headings), '', ...dice.some(4, blocks).flatMap((one) => [...one, ''])]);
  const bom = dice.below(8) === 0 ? '\uFEFF' : '';
  return bom + [dice.one(fronts) + '# Title', '', ...lines.flat()].join('\n').replace(/\r\n?|\n/g, end);
}
