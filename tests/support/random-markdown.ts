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

/** Lines in which every construct of Markdown meets every other, mostly by accident. */
export function wildMarkdown(dice: Dice): string {
  const end = dice.one(['\n', '\n', '\n', '\r\n', '\r']);
  const rarely = dice.one([1, 2, 3, 6]);
  const line = (): string =>
    [...dice.some(3, () => dice.one(begins)), ...dice.some(3, () => dice.one(words) + dice.one(['', ' ']))].join('');
  const blank = (): string => dice.one(['', ' ', '  ']);
  return Array.from({ length: 25 }, () => (dice.below(rarely) === 0 ? blank() : line()) + end).join('');
}
