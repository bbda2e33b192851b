import { expect, test } from 'vitest';
import { parseInParts, parseMarkdown, plainText } from '../../../src/specs/text/markdown.ts';
import { outline } from '../../../src/specs/text/outline.ts';
import { Dice, wildHtml, wildMarkdown } from '../../support/random-markdown.ts';

test('a text in parts is parsed as a whole', () => {
  let parts = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const text = (seed % 2 === 0 ? wildMarkdown : wildHtml)(new Dice(seed));
    parts += outline(text, 1).length;
    expect({ seed, root: parseInParts(text, 1) }).toEqual({ seed, root: parseInParts(text, Infinity) });
  }
  expect(parts).toBeGreaterThan(380);
});

test.each<[string, string, number]>([
  ['directly below a list', '- [ ] x\n## B\n- [ ] y\n## C\n', 3],
  ['directly below a paragraph', 'x\n## B\ny\n# C\n', 2],
  ['below a nested list and a quote', '- x\n  - y\n## B\n> z\n## C\n', 3],
  ['in a list', '- x\n  ## B\n- y\n', 1],
  ['in a fence', '```\n## B\n## C\n```\n', 0],
  ['in HTML', '<!--\n## B\n## C\n-->\n', 0],
  ['that is none', '#b\n####### c\n \\# d\n', 0],
  ['that is a list of another kind', '* a\n+ b\n* c\n', 2],
  ['that is a quote below a list', '- a\n> b\n- c\n', 2],
  ['that is a list directly below a paragraph', 'a\n- b\n', 0],
  ['that is a rule below a list', '- a\n***\nb\n***\n', 2],
  ['that is a quote in HTML', '<div>> ## A\n> - x\n> ## B\n', 0],
  ['that is a quote below HTML', '<div>> ## A\n> - x\n\n> b\n\n> c\n', 2],
  ['that is a quote below a tag', '<x a="b" c>\n> a\n\n> b\n', 1],
  ['that is a quote below what is no tag', '<x a="b" c\n> a\n\n> b\n', 1],
  ['below a tag that ends the text of a list', '- a\n<x>\n***\n- b\n', 1],
  ['that is a list below an open fence', '- ~~~\n+ a\n* b\n', 1],
])('a text is cut before a block %s, where the parser ends everything else', (_what, text, count) => {
  expect(outline(text, 1)).toHaveLength(count);
  expect(parseInParts(text, 1)).toEqual(parseInParts(text, Infinity));
});

test('a BOM counts as a character, in one part as in several', () => {
  const text = '\uFEFF# A\n\nb\n\nc\n';
  expect(outline(text, 1)).toHaveLength(2);
  expect(parseInParts(text, 1)).toEqual(parseInParts(text, Infinity));
  expect(parseInParts(text, 1).children.map((node) => text[node.position?.start.offset ?? 0])).toEqual(['#', 'b', 'c']);
});

test('what one part defines is known in the others', () => {
  const text = `[a] and [^1]\n\n${'Prose.\n\n'.repeat(10)}- [b][]\n\n[a]: x\n[B]: y\n\n[^1]: z\n`;
  expect(parseInParts(text, 1)).toEqual(parseInParts(text, Infinity));
  expect(JSON.stringify(parseInParts(text, 1)).match(/"(?:link|footnote)Reference"/g)).toHaveLength(3);
});

test('the parts of a long text stay small, whatever its length', () => {
  const longest = (text: string): number => {
    const cuts = [0, ...outline(text, 1000).map(({ offset }) => offset), text.length];
    return Math.max(...cuts.slice(1).map((offset, index) => offset - (cuts[index] ?? 0)));
  };
  const shapes: readonly ((count: number) => string)[] = [
    (count) => 'Prose.\n\n'.repeat(count),
    (count) => '- a\n  - b\n'.repeat(count),
    (count) => '1. a\n\n   ```\n   b\n   ```\n'.repeat(count),
    (count) => '> a\n\n'.repeat(count),
    (count) => '* a\n+ a\n'.repeat(count),
    (count) => '> a\n- b\n'.repeat(count),
    (count) => 'a\n***\n'.repeat(count),
    (count) => `<div>> ## A\n> - x\n\n${'> a\n\n'.repeat(count)}`,
    (count) => '<b>a</b> c\n\n- a\n> b\n'.repeat(count),
    (count) => '# a\n\n```\n# b\n\n- c\n```\n\n'.repeat(count),
    (count) => 'a\n---\n\n'.repeat(count),
    (count) => '<div>\n\na\n\n</div>\n\n'.repeat(count),
  ];
  for (const shape of shapes) {
    expect(longest(shape(1000))).toBeLessThan(1100);
    expect(longest(shape(8000))).toBe(longest(shape(1000)));
  }
});

test('markup of a long paragraph that is costly stays text; that of the others does not', () => {
  const [long, short] = parseMarkdown(`${'*a* '.repeat(10_000)}\n\n*a*\n`).children;
  expect([long, short].map((node) => node && 'children' in node && node.children.map(({ type }) => type))).toEqual([
    ['text'],
    ['emphasis'],
  ]);
  expect(long && plainText(long)).toBe('*a* '.repeat(10_000).trim());
});
