import type { ListItem, Nodes } from 'mdast';
import type { SpecDiagnostic, SpecRule } from '../../model/spec-rule.ts';
import { locate } from '../../model/diagnostic.ts';
import { listSome } from '../../model/list-some.ts';
import { type Criterion, wholeText } from '../../model/unit.ts';
import { sha256 } from '../../util/values/hash.ts';
import { withoutCode } from '../text/code.ts';
import { endOffset, fold, plainText, startOffset } from '../text/markdown.ts';
import { errorAt, type Source } from '../text/source.ts';
import { type Box, boxMark, isTracked, isWaiving, readBox, readSign } from './boxes.ts';
import { type Aside, checksIn } from './checks.ts';
import { edited, type Mark } from './mark.ts';
import { plainChecks } from './plain-check.ts';
import { stateOf } from './title-says.ts';

/** A criterion with its mark. */
export interface ParsedCriterion {
  readonly criterion: Criterion;
  /** Null without a box. */
  readonly mark: Mark | null;
  readonly problems: readonly SpecDiagnostic[];
  /** True for one that its author took back, `[N/A]` or `[-]`: `parseGroup` counts it as no work. */
  readonly isWaived?: true;
}

/** The text of a criterion, before it is read. */
export interface Wording {
  readonly source: Source;
  /** Offset in the file. */
  readonly start: number;
  /** As written, without a marker and a box. */
  readonly text: string;
  /** Its checks; all of them have to pass. */
  readonly commands: readonly string[];
  /** Checks of several lines, from fenced blocks. */
  readonly scripts?: readonly string[];
  /** Code behind its checks that is not run. */
  readonly asides?: readonly Aside[];
  /** True if nothing follows a "check:" in it. @default false */
  readonly isDangling?: boolean;
  readonly position: number;
  readonly box?: Box | null;
  /** True if it does not apply, whatever its box says. @default false */
  readonly isWaived?: boolean;
}

/**
 * Reads a criterion: a check if it has commands, or plainly asks for some to pass (`plainChecks`), a human criterion with a leading `(human)`, otherwise a claim. The offsets
 * of `box` count from `start`.
 */
export function criterionOf({
  source,
  start,
  text: written,
  commands,
  scripts = [],
  asides = [],
  isDangling = false,
  position,
  box = null,
  isWaived = isWaiving(box),
}: Wording): ParsedCriterion {
  const text = fold(written);
  const isHuman = /^\(human\)(?=\s|$)/i.test(text);
  const problems: SpecDiagnostic[] = [];
  const problem = (
    code: SpecRule,
    message: string,
    hint: string,
    severity: SpecDiagnostic['severity'] = 'error',
  ): void => {
    const length = /^.*/.exec(source.text.slice(start, start + 1000))?.[0].length ?? 1;
    problems.push({ ...errorAt(source, { offset: start, length }, { code, message, hint }), severity });
  };
  if (text === '' || /^\[[ xX]?\]$/.test(text))
    problem('empty-criterion', 'this criterion says nothing', 'Write what must hold, or remove the item.');
  if ((isDangling && !isHuman) || [...commands, ...scripts].some((command) => command.trim() === ''))
    problem('empty-check', 'this check has no command', 'Write it as: check: `npm test`.');
  if (!isHuman && scripts.length === 0 && hasBareCheck(text)) {
    problem(
      'check-without-backticks',
      'the command of this check is not in backticks',
      'Write it as: check: `npm test`.',
    );
  }
  if (!isHuman && commands.some((command) => /[\r\n]/.test(command.trim()))) {
    // Markdown renders the lines as one command, but a shell would run several.
    problem(
      'check-of-lines',
      'the command of this check has several lines',
      'Write it on one line, joined with "&&" or ";", or its lines into a fenced code block below "check:".',
    );
  }
  if (!isHuman && asides.length > 0) {
    const shown = (some: readonly Aside[]): string =>
      listSome(
        some.map(({ code }) => `\`${code}\``),
        3,
      );
    const hint = 'Join commands with "&&", as in check: `a` && `b`, and write code that is no command before "check:".';
    const unclear = asides.filter(({ isRemark }) => !isRemark);
    if (unclear.length > 0)
      problem('unclear-check', `it is not clear whether ${shown(unclear)} belongs to the check before it`, hint);
    else
      problem('unclear-check', `${shown(asides)} stands in a remark behind the check, and is not run`, hint, 'warning');
  }
  const isPlain = !isHuman && commands.length + scripts.length === 0;
  const run = isPlain ? plainChecks(text) : commands.map((one) => one.trim());
  const isCheck = !isHuman && run.length + scripts.length > 0;
  const command = isCheck ? inTurn(run, scripts) : null;
  return {
    criterion: {
      position,
      text,
      kind: isHuman ? 'human' : isCheck ? 'check' : 'claim',
      command,
      hash: criterionHash({ text, command }),
      isTicked: box === null ? null : box.state === 'done',
      line: locate(source.text, start).line,
    },
    mark: boxMark(source.file, start, box, text),
    problems: isWaived ? [] : problems,
    ...(isWaived ? { isWaived } : {}),
  };
}

/** See `Criterion.hash`. */
export function criterionHash(criterion: Pick<Criterion, 'text' | 'command'>): string {
  return sha256(wholeText(criterion)).slice(0, 16);
}

/** True for "check:" before words that are no code, nor items of a list of commands. */
function hasBareCheck(text: string): boolean {
  return bareCheck.test(text) && bareCheck.test(withoutCode(text, '`'));
}

const bareCheck = /\bcheck:[\s*_]*(?!(?:[-+>|]|\d{1,9}[.)])\s+[*_]*`)[^\s`*_]/i;

/** One command that succeeds only if each of them does. */
function inTurn(commands: readonly string[], scripts: readonly string[]): string {
  const [first = ''] = commands;
  const [script = ''] = scripts;
  if (commands.length === 0 && scripts.length === 1) return scriptCommand(script);
  if (scripts.length > 0) return scriptCommand([...commands, ...scripts].map((lines) => `(\n${lines}\n)`).join('\n'));
  if (commands.length === 1) return first;
  const apart = (command: string): string => `( ${command}${command.includes('#') ? '\n' : ' '})`; // a comment ends at a line's end
  return commands.map((command) => (/^[^;&|#()\n]*$/.test(command) ? command : apart(command))).join(' && ');
}

/** The command of a check of several lines: it ends at the first line that fails, since the last one alone proves little. */
export function scriptCommand(lines: string): string {
  const script = lines
    .replace(/\r\n?/g, '\n')
    .replace(/^(?:[^\S\n]*\n)+/, '')
    .trimEnd();
  return script.includes('\n') ? `set -e\n${script}` : script.trim();
}

/**
 * Reads list items as criteria. A nested item with a box is a criterion of its own; other nested items are part of the text
 * around them, and what is nested in one that does not apply does not apply. `offset` is the offset of the parsed text in the
 * file; `areTasks` says that the items are tasks, of which `[-]` means that they are begun; `areAwaited`, that they are below a
 * "check:".
 */
export function readItems(
  items: readonly ListItem[],
  {
    source,
    offset,
    first = 0,
    areTasks = false,
    areAwaited = false,
  }: {
    readonly source: Source;
    readonly offset: number;
    readonly first?: number;
    readonly areTasks?: boolean;
    readonly areAwaited?: boolean;
  },
): ParsedCriterion[] {
  const criteria: ParsedCriterion[] = [];
  const beginning = (item: ListItem): string => {
    const start = startOffset(item) + offset;
    return source.text.slice(start, start + 40);
  };
  const hasSigns = isTracked(items.map(beginning));
  const read = (item: ListItem, isOuterWaived: boolean, isAwaited: boolean): void => {
    const start = startOffset(item) + offset;
    const raw = source.text.slice(start, endOffset(item) + offset);
    const box = readBox(raw) ?? readSign(raw, hasSigns);
    // What is asked must not depend on whether a box is ticked, so a struck text with a box is still asked.
    const isTakenBack = box === null ? isStruck(item) : isWaiving(box) && !(areTasks && box.isDashed);
    const isWaived = isOuterWaived || isTakenBack;
    const marker = box?.textStart ?? /^[^\S\n]*(?:[-*+]|\d+[.)])[^\S\n]*/.exec(raw)?.[0].length ?? 0;
    const own = boxedIn(item, source, offset);
    const cuts = own.map((child) => ({
      start: startOffset(child) + offset - start,
      end: endOffset(child) + offset - start,
      text: '',
    }));
    const checks = checksIn([item], new Set(own), isAwaited);
    criteria.push(
      criterionOf({
        ...{ source, start, box, isWaived },
        text: `${box?.lead ?? ''}${edited(raw, cuts).slice(marker)}`,
        ...checks,
        position: first + criteria.length,
      }),
    );
    for (const child of own) read(child, isWaived, checks.awaited.has(child));
  };
  for (const item of items) read(item, false, areAwaited);
  return criteria;
}

/** True for an item whose text is struck through, but for a remark that asks for nothing: "~~It sorts~~ (dropped)". */
function isStruck({ children: [first, ...others] }: ListItem): boolean {
  if (first?.type !== 'paragraph' || others.some(({ type }) => type !== 'list')) return false;
  const said = first.children.filter(
    (node) => node.type !== 'text' || /[^\s.]/.test(node.value.replace(/^\[.?\]/, '')),
  );
  const [struck, ...behind] = said;
  return struck?.type === 'delete' && saysWhy(behind.map(plainText).join('').trim());
}

/** True for a remark behind a struck text: all of it in brackets, or that it is given up. It asks for nothing in its place. */
function saysWhy(remark: string): boolean {
  if (remark === '') return true;
  if (/(?<![\p{L}])(?:now|instead|must|should|shall|has to|have to|needs to|but)(?![\p{L}])|checks?:/iu.test(remark))
    return false;
  const why = /^[—–:-]\s*([^;]{1,200})$/u.exec(remark)?.[1];
  return why === undefined
    ? /^\([^()]{0,200}\)\s*\.?$/u.test(remark)
    : givenUp.test(why) || stateOf(why)?.state.kind === 'dropped';
}

const givenUp =
  /^(?:(?:no longer|not (?:needed|required|wanted|planned|applicable)|n\/a|out of scope|see|moved to|merged into|covered (?:by|in)|part of|won'?t|unnecessary|redundant|moot)(?![\p{L}])|(?:moved|superseded|removed|deleted|deferred|postponed|later)(?=\s*$|\s*[.,(]|\s+(?:in|on|by|from|to|until|because|since|as|for|with)\s))/iu;

/** The topmost nested items with a box. */
function boxedIn(item: ListItem, source: Source, offset: number): ListItem[] {
  const found: ListItem[] = [];
  const visit = (node: Nodes): void => {
    const raw = node.type === 'listItem' ? source.text.slice(startOffset(node) + offset).slice(0, 200) : '';
    if (node.type === 'listItem' && readBox(raw) !== null) found.push(node);
    else if ('children' in node) node.children.forEach(visit);
  };
  item.children.forEach(visit);
  return found;
}
