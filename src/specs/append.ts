import { InputError } from '../model/diagnostic.ts';
import { printable } from '../util/terminal.ts';
import { writeConfined } from '../util/confined-file.ts';
import type { Draft } from './draft.ts';
import { fold, parseMarkdown, plainText } from './markdown.ts';
import { parseSpecFile } from './parse.ts';
import { readSource } from './source.ts';

/** A followup as a person gives it on the command line. */
export interface NewFollowup {
  readonly title: string;
  /** Prose below the title. */
  readonly body: string;
  /** As they would be written in the file: a person's. */
  readonly criteria: readonly string[];
  /** What an agent wrote: claims for reviewers, whatever they say. */
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
  if (followup.depends.length > 0) lines.push(`  - depends: ${followup.depends.join(', ')}`);
  if (followup.touches.length > 0) lines.push(`  - touches: ${followup.touches.join(', ')}`);
  for (const criterion of followup.criteria) lines.push(`  - [ ] ${fold(criterion)}`);
  for (const claim of followup.claims) lines.push(`  - [ ] ${asClaim(claim)}`);
  for (const check of followup.checks) lines.push(`  - [ ] It is green — check: ${codeSpan(check)}`);
  return `${lines.join('\n')}\n`;
}

/** A title as it is read back: its markup is escaped when it has any. */
function titleText(title: string): string {
  const plain = fold(title);
  const first = parseMarkdown(`- [ ] ${plain}`).children[0];
  const item = first?.type === 'list' ? first.children[0]?.children[0] : undefined;
  if (item?.type === 'paragraph' && plainText(item) === plain) return plain;
  return plain.replace(/[!-/:-@[-`{-~]/g, '\\$&');
}

/**
 * A claim that stays one: with its backticks it could be a check, whose command an agent chose, and with `(human)` at
 * its beginning a question to a person.
 */
function asClaim(text: string): string {
  return fold(printable(text))
    .replaceAll('`', "'")
    .replace(/check:/gi, (word) => `${word.slice(0, -1)} :`)
    .replace(/^\((human)\)/i, '$1')
    .replace(/^\[[ x]?\]\s*/i, '');
}

/** A line that would begin a list item would become a criterion: its marker is escaped. */
function asProse(line: string): string {
  return line.replace(/^([-*+])(?=\s)/, '\\$1').replace(/^(\d+)([.)])(?=\s)/, '$1\\$2');
}

/** True when what is read back says what was given: each criterion by kind, text and command, and every key. */
function isAsGiven(draft: Draft, followup: NewFollowup): boolean {
  const read = draft.criteria.map(({ criterion: { kind, text, command } }) => ({ kind, text, command }));
  const own = read.slice(0, followup.criteria.length).map(({ text }) => text);
  const rest = [
    ...followup.claims.map((claim) => ({ kind: 'claim', text: asClaim(claim), command: null })),
    ...followup.checks.map((command) => ({
      kind: 'check',
      text: `It is green — check: ${fold(codeSpan(command))}`,
      command: command.trim(),
    })),
  ];
  const { depends, touches } = followup;
  const keys = { ...(depends.length > 0 ? { depends } : {}), ...(touches.length > 0 ? { touches } : {}) };
  const asText = (value: object): string => JSON.stringify(value);
  return (
    draft.title === fold(followup.title) &&
    asText(own) === asText(followup.criteria.map(fold)) &&
    asText(read.slice(followup.criteria.length)) === asText(rest) &&
    asText([draft.keys.depends ?? [], draft.keys.touches ?? []]) === asText([depends, touches]) &&
    Object.keys(draft.keys).toSorted().join() === Object.keys(keys).toSorted().join()
  );
}

function codeSpan(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map((match) => match[0].length));
  if (longest === 0) return `\`${text}\``;
  const fence = '`'.repeat(longest + 1);
  return `${fence} ${text} ${fence}`;
}

/**
 * Appends a followup to a file, whole or not at all, and returns the unit as the run's own parser reads it. Every byte
 * that was there stays. Throws an `InputError` when the result would not be read back as exactly this one unit.
 */
export async function appendFollowup(options: {
  readonly folder: string;
  readonly file: string;
  readonly followup: NewFollowup;
}): Promise<Draft> {
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
  const known = parseSpecFile({ file: options.file, text: before }).drafts;
  const parsed = parseSpecFile({ file: options.file, text });
  const draft = parsed.drafts.at(-1);
  const problems = [...parsed.diagnostics, ...(draft?.problems ?? [])];
  if (problems.length > 0) throw new InputError(problems);
  if (!draft || parsed.drafts.length !== known.length + 1 || !isAsGiven(draft, options.followup)) {
    throw new InputError([
      {
        severity: 'error',
        code: 'followup-misread',
        message: 'written down, this followup would not be read back as it was given',
        hint: 'Keep titles and criteria to plain sentences; longer text can come from standard input ("-").',
      },
    ]);
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
  await writeConfined(options.folder, options.file, text);
  return draft;
}
