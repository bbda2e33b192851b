import { isDeepStrictEqual } from 'node:util';
import { hasErrors, inputError, InputError } from '../../model/diagnostic.ts';
import type { Criterion } from '../../model/unit.ts';
import { printable } from '../../util/text/printable.ts';
import { writeConfined } from '../../util/files/confined-file.ts';
import type { Draft } from '../format/draft.ts';
import { fold, parseMarkdown, plainText } from '../text/markdown.ts';
import { parseGroup } from '../format/parse-group.ts';
import { reader } from './followups.ts';
import { readSource } from '../text/source.ts';
import { splitList, type UnitKeys } from '../format/unit-keys.ts';

/** A followup to append. */
export interface NewFollowup {
  readonly title: string;
  /** Prose below the title. */
  readonly body: string;
  /** Criteria of a person, in the syntax of the file. */
  readonly criteria: readonly string[];
  /** Criteria of an agent, which are always written as claims. */
  readonly claims: readonly string[];
  readonly checks: readonly string[];
  readonly depends: readonly string[];
  readonly touches: readonly string[];
}

/** The Markdown of one followup item. */
export function followupText(followup: NewFollowup): string {
  const lines = [`- [ ] ${titleText(followup.title)}`];
  for (const line of followup.body.trim().split(/\r?\n/))
    if (line.trim() !== '') lines.push(`  ${asProse(line.trim())}`);
  for (const key of ['depends', 'touches'] as const)
    if (followup[key].length > 0) lines.push(`  - ${key}: ${followup[key].map(valueText).join(', ')}`);
  for (const criterion of followup.criteria) lines.push(`  - [ ] ${oneLine(criterion)}`);
  for (const claim of followup.claims) lines.push(`  - [ ] ${asClaim(claim)}`);
  for (const check of followup.checks) lines.push(`  - [ ] ${checkText(check)}`);
  return `${lines.join('\n')}\n`;
}

/** A value of a key, in a code span if it looks like markup. */
function valueText(value: string): string {
  return /^[\w./-]+$/.test(value) && !/(?:^|\W)_|_(?:\W|$)|__/.test(value) ? value : codeSpan(value);
}

function checkText(command: string): string {
  return `It is green — check: ${codeSpan(command.trim())}`;
}

/** Joins lines. Blanks within a line stay, since the text can contain a command. */
function oneLine(text: string): string {
  return text.trim().replace(/\s*[\r\n]+\s*/g, ' ');
}

/** A title with its markup escaped. */
function titleText(title: string): string {
  const plain = fold(title);
  const first = parseMarkdown(`- [ ] ${plain}`).children[0];
  const item = first?.type === 'list' ? first.children[0]?.children[0] : undefined;
  if (item?.type === 'paragraph' && plainText(item) === plain) return plain;
  return plain.replace(/[!-/:-@[-`{-~]/g, '\\$&');
}

/** Removes backticks, `check:` and `(human)`, so that a text of an agent stays a claim. */
function asClaim(text: string): string {
  return fold(printable(text))
    .replaceAll('`', "'")
    .replace(/check:/gi, (word) => `${word.slice(0, -1)} :`)
    .replace(/^\((human)\)/i, '$1')
    .replace(/^\[[ x]?\]\s*/i, '');
}

/** Escapes a list marker, so that the line does not become a criterion. */
function asProse(line: string): string {
  return line.replace(/^([-*+])(?=\s)/, '\\$1').replace(/^(\d+)([.)])(?=\s)/, '$1\\$2');
}

/** Describes the first difference between a followup and its parsed text; null if there is none. */
function misreading(draft: Draft, followup: NewFollowup): string | null {
  const { depends, touches, criteria, claims, checks } = followup;
  const read = draft.criteria.map(({ criterion }) => criterion);
  const wanted: readonly Partial<Criterion>[] = [
    ...criteria.map((text) => ({ text: fold(text) })),
    ...claims.map((claim) => ({ kind: 'claim' as const, text: asClaim(claim), command: null })),
    ...checks.map((check) => ({ kind: 'check' as const, text: fold(checkText(check)), command: check.trim() })),
  ];
  const keys: Partial<Record<keyof UnitKeys, unknown>> = {
    ...(depends.length > 0 ? { depends } : {}),
    ...(touches.length > 0 ? { touches } : {}),
  };
  const otherwise = (what: string, given: unknown, is: unknown): string =>
    `${what} ${JSON.stringify(given)} would be read back as ${JSON.stringify(is ?? null)}`;
  if (draft.title !== fold(followup.title)) return otherwise('the title', fold(followup.title), draft.title);
  for (const key of new Set([...Object.keys(keys), ...Object.keys(draft.keys)] as (keyof UnitKeys)[]))
    if (!isDeepStrictEqual(keys[key], draft.keys[key]))
      return otherwise(`"${key}"`, keys[key] ?? null, draft.keys[key]);
  if (read.length !== wanted.length) return `it would have ${read.length} criteria, not ${wanted.length}`;
  for (const [index, criterion] of wanted.entries()) {
    const is = Object.fromEntries(Object.keys(criterion).map((name) => [name, read[index]?.[name as keyof Criterion]]));
    if (!isDeepStrictEqual({ ...criterion }, is)) return otherwise('a criterion', criterion, is);
  }
  return null;
}

/** Throws an `InputError` for values that the file cannot represent, such as a command with several lines. */
function refuseUnwritable(followup: NewFollowup): void {
  const refuse = (code: string, message: string, hint: string): never => {
    throw inputError(code, message, hint);
  };
  for (const check of followup.checks)
    if (check.trim() === '') refuse('empty-check', 'a check needs a command', 'For example: --check "npm test"');
  for (const value of [...followup.depends, ...followup.touches])
    if (splitList(value).length > 1)
      refuse('several-values', `${JSON.stringify(value)} is several values`, 'Give the option once for each of them.');
  const withCommand = followup.criteria.filter((criterion) => /check:/i.test(criterion));
  for (const text of [...followup.checks, ...withCommand])
    if (/[\r\n]/.test(text.trim()))
      refuse(
        'check-of-lines',
        `a check is one line, and ${JSON.stringify(text)} has several`,
        'Join the commands with "&&" or ";", or put them into a script that is committed.',
      );
}

function codeSpan(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
  if (longest === 0) return `\`${text}\``;
  const fence = '`'.repeat(longest + 1);
  return `${fence} ${text} ${fence}`;
}

/**
 * Appends a followup to a file atomically, and returns the unit as a run would read it. Existing bytes stay. Throws an
 * `InputError` if the text would not be read back as exactly this unit.
 */
export async function appendFollowup(options: {
  readonly folder: string;
  readonly file: string;
  readonly followup: NewFollowup;
}): Promise<Draft> {
  refuseUnwritable(options.followup);
  const source = readSource(options.folder, options.file) ?? { file: options.file, text: '# Followups\n' };
  if ('severity' in source) throw new InputError([source]);
  const before = source.text;
  const newline = before.includes('\r\n') ? '\r\n' : '\n';
  const separator = before === '' || before.endsWith('\n') ? '' : newline;
  const isAfterList = /^\s*[-*+] /.test(
    before
      .trimEnd()
      .split('\n')
      .findLast((line) => !/^[^\S\n]/.test(line)) ?? '',
  );
  const gap = before === '' || isAfterList ? '' : newline;
  const text = before + separator + gap + followupText(options.followup).replaceAll('\n', newline);
  const known = parseGroup({ reader, sources: [{ file: options.file, text: before }] }).drafts;
  const parsed = parseGroup({ reader, sources: [{ file: options.file, text }] });
  const draft = parsed.drafts.at(-1);
  const problems = [...parsed.diagnostics, ...(draft?.problems ?? [])];
  if (hasErrors(problems)) throw new InputError(problems);
  const isOne = draft !== undefined && parsed.drafts.length === known.length + 1;
  const problem = isOne ? misreading(draft, options.followup) : 'it would not be read back as one unit';
  if (!draft || problem !== null) {
    throw inputError(
      'followup-misread',
      `this followup cannot be written down as it was given: ${problem ?? ''}`,
      'Keep titles and criteria to plain sentences; longer text can come from standard input ("-").',
    );
  }
  const twin = known.find((other) => other.key.toLowerCase() === draft.key.toLowerCase());
  if (twin) {
    throw new InputError([
      {
        severity: 'error',
        code: 'duplicate-followup',
        message: `"${draft.key}" is in this file already`,
        hint: 'Say what is different about this one in its title.',
        file: options.file,
        line: twin.line,
        column: 1,
      },
    ]);
  }
  writeConfined(options.folder, options.file, text);
  return draft;
}
