import { inputError } from '../../model/diagnostic.ts';
import { printable } from '../../util/text/printable.ts';
import { fold, plainText, tryMarkdown } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { scriptCommand } from './criterion.ts';
import { plainChecks } from './plain-check.ts';
import { splitList } from './unit-keys.ts';

/** A unit to add to a file. */
export interface NewUnit {
  readonly title: string;
  /** Prose below the title. */
  readonly body: string;
  /** Criteria of a person, in the syntax of the file. */
  readonly criteria: readonly string[];
  /** Criteria of an agent, which are always written as claims. */
  readonly claims: readonly string[];
  /** Commands, each of one or several lines. */
  readonly checks: readonly string[];
  readonly depends: readonly string[];
  readonly touches: readonly string[];
  /** Null for the default. */
  readonly priority: number | null;
  /** True if it must not run until a person says so in the file. */
  readonly isDraft: boolean;
  /** When it is added, in milliseconds since the epoch, for formats that record this. */
  readonly at: number;
}

/** Where a unit is added. */
export interface Spot {
  /** The file that was named; it may be new. */
  readonly file: string;
  /** The files that are read together with it. */
  readonly sources: readonly Source[];
  /** All paths of the specs folder. */
  readonly paths: readonly string[];
}

/** A file with a unit added. */
export interface Addition {
  /** Relative to the specs folder; it may be new. */
  readonly file: string;
  /** Its whole text. */
  readonly text: string;
  /** True if the file is an order: the unit gets the last place, and waits for the one before it. */
  readonly isInOrder?: boolean;
}

/** Why a file does not take a unit. */
export interface Refusal {
  /** A clause without its subject, which is the file: "has no open task". */
  readonly refusal: string;
}

/** Throws an `InputError` for values that no file can represent. */
export function refuseUnwritable(unit: NewUnit): void {
  const { title, body, criteria, claims, checks } = unit;
  for (const text of [title, body, ...criteria, ...claims, ...checks])
    if (text.includes('\0') || !text.isWellFormed())
      throw inputError(
        'not-text',
        `${JSON.stringify(text.slice(0, 200))} has ${text.includes('\0') ? 'a NUL byte' : 'half of a character'}, and is no text`,
        'Remove it.',
      );
  for (const check of unit.checks)
    if (check.trim() === '')
      throw inputError('empty-check', 'a check needs a command', 'For example: --check "npm test"');
  for (const value of [...unit.depends, ...unit.touches])
    if (splitList(value).length > 1)
      throw inputError(
        'several-values',
        `${JSON.stringify(value)} is several values`,
        'Give the option once for each of them.',
      );
  for (const text of unit.criteria)
    if (/check:/i.test(text) && /[\r\n]/.test(text.trim()))
      throw inputError(
        'check-of-lines',
        `the check in a criterion is one line, and ${JSON.stringify(text)} has several`,
        'Give the command with --check, which keeps its lines.',
      );
}

/** A criterion that a new unit must be read back with. */
export interface Wanted {
  readonly kind?: 'check' | 'claim';
  readonly text?: string;
  readonly command?: string | null;
}

/** The criteria of a new unit, as its file must give them back. */
export function wantedCriteria({ criteria, claims, checks }: NewUnit): Wanted[] {
  return [
    ...criteria.map((text) => ({ text: fold(text) })),
    ...claims.map((claim) => ({ kind: 'claim' as const, text: asClaim(claim), command: null })),
    ...checks.map((check) => ({ kind: 'check' as const, command: scriptCommand(check) })),
  ];
}

/** The criteria of a new unit as Markdown, each of one line, or of several if its command has several. */
export function criteriaTexts({ criteria, claims, checks }: NewUnit): string[] {
  return [...criteria.map(oneLine), ...claims.map(asClaim), ...checks.map(checkText)];
}

/** The same as lines of a Markdown list with boxes, without indentation. */
export function criteriaLines(unit: NewUnit): string[] {
  return criteriaTexts(unit).flatMap((text) => itemLines(text, '- [ ] '));
}

/** A text as an item of a Markdown list. */
export function itemLines(text: string, marker: string): string[] {
  const [first = '', ...rest] = text.split('\n');
  return [`${marker}${first}`, ...rest.map((line) => (line === '' ? '' : `  ${line}`))];
}

/** Claims of an agent as lines of a Markdown list with boxes. */
export function claimLines(claims: readonly string[]): string[] {
  return claims.map((claim) => `- [ ] ${asClaim(claim)}`);
}

/** A command in a code span; several lines in a fenced block, as they are written. */
function checkText(command: string): string {
  const lines = command
    .replace(/\r\n?/g, '\n')
    .replace(/^(?:[^\S\n]*\n)+/, '')
    .trimEnd();
  if (!lines.includes('\n')) return `It is green — check: ${codeSpan(command.trim())}`;
  const fence = '`'.repeat(Math.max(3, 1 + longestTicks(command)));
  return `It is green — check:\n\n${fence}sh\n${lines}\n${fence}`;
}

/** Joins lines. Blanks within a line stay, since the text can contain a command. */
function oneLine(text: string): string {
  const lines = text.split(/[\r\n]/).map((line) => line.trim());
  return lines.filter((line) => line !== '').join(' ');
}

/** A title with its markup escaped. `mark` is what the line begins with, such as `# `. */
export function titleText(title: string, mark: string): string {
  const plain = fold(title);
  const first = tryMarkdown(`${mark}${plain}`)?.children[0];
  const text = first?.type === 'list' ? first.children[0]?.children[0] : first;
  if (text !== undefined && /^(?:heading|paragraph)$/.test(text.type) && fold(plainText(text)) === whole(mark, plain))
    return plain;
  return plain.replace(/[!-/:-@[-`{-~]/g, '\\$&');
}

/** The text of a line without the mark of a list or a heading, which Markdown takes away. */
function whole(mark: string, plain: string): string {
  return fold(`${mark.replace(/^(?:#+|-(?: \[ \])?) /, '')}${plain}`);
}

/** Removes backticks, `check:` and `(human)`, and quotes what would be a check still, so that a text of an agent stays a claim. */
export function asClaim(text: string): string {
  const claim = withoutSyntax(text);
  const forms = [claim, `"${claim}"`, `A reviewer confirms this: ${claim}`];
  return forms.find((form) => plainChecks(form).length === 0) ?? claim;
}

function withoutSyntax(text: string): string {
  return fold(printable(text))
    .replaceAll('`', "'")
    .replace(/check:/gi, (word) => `${word.slice(0, -1)} :`)
    .replace(/^\((human)\)/i, '$1')
    .replace(/^\[[ x]?\]\s*/i, '');
}

function longestTicks(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
}

/** A text in a code span. */
export function codeSpan(text: string): string {
  const longest = longestTicks(text);
  if (longest === 0) return `\`${text}\``;
  const fence = '`'.repeat(longest + 1);
  return `${fence} ${text} ${fence}`;
}

/** Inserts lines into a text, each on a line of its own. */
export function insertLines(text: string, offset: number, lines: readonly string[]): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  return `${text.slice(0, offset)}${lines.map((line) => `${newline}${line}`).join('')}${text.slice(offset)}`;
}

/** Appends lines to a text with its own line ends; `gap` says whether a blank line goes before them. */
export function withLines(before: string, lines: readonly string[], gap: boolean): string {
  const newline = before.includes('\r\n') ? '\r\n' : '\n';
  const isEmpty = before === '' || before === '\uFEFF';
  const end = isEmpty || before.endsWith('\n') ? '' : newline;
  const isApart = isEmpty || /(?:^|\n)[^\S\n]*\r?\n$/.test(before);
  return `${before}${end}${gap && !isApart ? newline : ''}${lines.join(newline)}${newline}`;
}
