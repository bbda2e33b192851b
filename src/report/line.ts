import { lettersOf } from '../util/text/width.ts';

/** The meaning of a text, which a terminal shows as a colour. A text says the same without it. */
export type Tone = 'plain' | 'good' | 'bad' | 'warn' | 'accent' | 'dim' | 'strong';

/** A part of a line, safe to print. */
export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

/** A line for people, as parts from left to right. */
export type Line = readonly Span[];

/** How lines are shown. */
export interface Look {
  /** Width of the terminal. */
  readonly columns: number;
  /** Whether it shows characters beyond ASCII. */
  readonly isUtf8: boolean;
}

/** A part of a line. */
export function span(text: string, tone: Tone = 'plain'): Span {
  return { text, tone };
}

/** A line without its tones. */
export function plainText(line: Line): string {
  return line
    .map(({ text }) => text)
    .join('')
    .trimEnd();
}

/** Signs of one column each, by what they mean. */
export const signs = {
  ...{ done: '✓', failed: '✗', question: '!', approval: '?', working: '●', judging: '◇', repairing: '↻' },
  ...{ waiting: '◌', late: '▲', barDone: '━', barBusy: '╍', barOpen: '┄' },
} as const;

const inAscii: Readonly<Record<string, string>> = {
  ...{ '✓': '+', '✗': 'x', '✖': 'x', '●': '*', '◇': '=', '↻': 'r', '◌': '.', '▲': '^' },
  ...{ '━': '#', '╍': '=', '┄': '.', '─': '-', '…': '~', '−': '-', '–': '-', '—': '-', '→': '>', '·': '|' },
};

/** A line as a terminal can show it: without UTF-8, each sign is one of ASCII, and any other letter a question mark. */
export function shownOn({ isUtf8 }: Pick<Look, 'isUtf8'>, line: Line): Line {
  if (isUtf8) return line;
  const spelled = (foreign: string): string =>
    lettersOf(foreign)
      .map(({ letter, width }) => inAscii[letter] ?? '?'.repeat(width))
      .join('');
  const plain = (text: string): string => text.replace(/[^\n -~]+/gu, spelled);
  return line.map(({ text, tone }) => ({ text: plain(text), tone }));
}
