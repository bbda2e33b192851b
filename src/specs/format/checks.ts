import type { Code, Nodes, Parent, TableRow } from 'mdast';
import { fold, plainText } from '../text/markdown.ts';

/*
 * The checks of a criterion: the code behind each "check:" in it, over all of its blocks. Code behind a check that is not run
 * is an aside, wherever it stands, so that none is left out silently.
 */

/** Code behind a check that is not run. */
export interface Aside {
  readonly code: string;
  /** True for code in a remark, `(needs \`redis\`)`; otherwise it may be a command of the check. */
  readonly isRemark: boolean;
}

export interface Checks {
  readonly commands: readonly string[];
  /** Checks of several lines, from fenced blocks. */
  readonly scripts: readonly string[];
  readonly asides: readonly Aside[];
  /** True if nothing follows a "check:". */
  readonly isDangling: boolean;
  /** The nested items below a "check:" that are criteria of their own. */
  readonly awaited: ReadonlySet<Nodes>;
}

/**
 * The checks in nodes, without the nested items `other`: the inline code behind each "check:", all code that nothing but a
 * comma, "and" or the like parts from one, and the block below a "check:", which may be fenced, a paragraph, or a list.
 * `isAwaited` says that the nodes themselves are below a "check:", as a criterion of their own.
 */
export function checksIn(
  nodes: readonly Nodes[],
  other: ReadonlySet<Nodes> = new Set(),
  isAwaited: boolean = false,
): Checks {
  const reading = new Reading(other, isAwaited);
  for (const node of nodes) reading.read(node);
  return reading.end();
}

/** The checks in a row: each cell is read by itself, but for a "check:" whose command is in the next. */
export function checksInRow({ children }: TableRow): Pick<Checks, 'commands' | 'asides' | 'isDangling'> {
  const cells: Checks[] = [];
  for (const cell of children) cells.push(checksIn([cell], new Set(), cells.at(-1)?.isDangling));
  return {
    commands: cells.flatMap(({ commands }) => commands),
    asides: cells.flatMap(({ asides }) => asides),
    isDangling: cells.at(-1)?.isDangling === true,
  };
}

/** True for a block that a paragraph takes as its check by its end, "check:": one that is fenced, or begins with code. */
export function isTaken(node: Nodes | undefined, before: Nodes | undefined): boolean {
  if (before?.type !== 'paragraph' || !introducing.test(plainText(before))) return false;
  return node?.type === 'code' || (node?.type === 'paragraph' && checksIn([before, node]).commands.length > 0);
}

/** True for a text whose end, "check:", is about the commands below it, not about "things to check:". */
export function introducesChecks(text: string): boolean {
  return introducing.test(text) && !/\b(?:to|manual(?:ly)?|please)\s+checks?:\s*$/i.test(text);
}

const introducing = /(?:^|[^\w])checks?:\s*$/i;

/** How much of the text behind a command decides what code behind it is. */
const mostSince = 200;

const conjunction = String.raw`(?:and|or|then|also|plus|else|otherwise|resp)\b`;
const joining = /^\s*(?:&&|[,;+&])?\s*(?:(?:and|then|also|plus)(?:\s|$))*$/i;
/** What may follow the last of several commands. */
const ending = new RegExp(
  String.raw`^\s*(?:$|[.,;:&+/|()—–]|-\s|${conjunction}|(?:(?:all|both|must|should) )*(?:pass|succeed)(?:es|s)?\b)`,
  'i',
);
/** A bracket, a dash or the end of a sentence, and words that do not continue what was said. */
const remark = new RegExp(String.raw`(?:\(|[.!?]\s+|[—–]\s*|\s-\s+)(?!${conjunction})\p{L}`, 'iu');
/** The beginning of a block that continues the one before. */
const continuing = /^\s*(?:&&|(?:and|then|also|plus)\b)/i;
/** What parts code from a check in brackets, if it may belong to it. */
const joiningBrackets = /^\s*(?:&&|[.,;+&])?\s*(?:(?:and|then|also|plus)(?:\s|$))*$/i;

class Reading {
  readonly #commands: string[] = [];
  readonly #scripts: string[] = [];
  readonly #asides: Aside[] = [];
  readonly #awaited = new Set<Nodes>();
  readonly #other: ReadonlySet<Nodes>;
  readonly #isAwaited: boolean;
  /** The text behind the last command; null where no code can belong to one. */
  #since: string | null = null;
  /** True behind a "(check:" whose bracket is open. */
  #isBracketed = false;
  /** True behind the closed brackets of a check, where other text has nothing to do with it. */
  #isClosed = false;
  /** What may be a check, below a "check:" at the end of a block. */
  #awaiting: 'block' | 'fence' | null;
  #isDangling = false;
  /** True for what is data of a table. */
  #isData = false;

  constructor(other: ReadonlySet<Nodes>, isAwaited: boolean) {
    this.#other = other;
    this.#isAwaited = isAwaited;
    this.#awaiting = isAwaited ? 'block' : null;
  }

  end(): Checks {
    return {
      commands: this.#commands,
      scripts: this.#scripts,
      asides: this.#asides,
      isDangling: this.#isDangling || (this.#awaiting === 'block' && !this.#isAwaited),
      awaited: this.#awaited,
    };
  }

  read(node: Nodes): void {
    if (this.#other.has(node)) {
      if (this.#awaiting === 'block') this.#awaited.add(node);
      return;
    }
    switch (node.type) {
      case 'paragraph':
      case 'heading':
      case 'tableCell':
        this.#phrases(node);
        return;
      case 'code':
        this.#fence(node);
        return;
      case 'list':
        this.#list(node.children);
        return;
      case 'table':
        this.#isData = true;
        node.children.forEach((row) => this.read(row));
        this.#isData = false;
        return;
      default:
        if ('children' in node) node.children.forEach((child) => this.read(child));
    }
  }

  /** Each item of a list below a "check:" is below it. */
  #list(items: readonly Nodes[]): void {
    const awaiting = this.#awaiting;
    for (const item of items) {
      this.#awaiting = awaiting;
      this.read(item);
      if (awaiting === null && this.#awaiting === 'block') this.#isDangling = true;
    }
    this.#awaiting = null;
  }

  #command(code: string): void {
    this.#commands.push(code);
    this.#since = '';
  }

  #aside(code: string, isRemark: boolean): void {
    if (!(isRemark && this.#isClosed)) this.#asides.push({ code, isRemark: isRemark || this.#isData });
  }

  #fence({ value, lang }: Code): void {
    if (this.#awaiting !== null) {
      this.#scripts.push(value);
      this.#since = '';
    } else if (this.#since !== null) {
      const [first = '', ...others] = value.trim().split('\n');
      const isOther = !/^(?:|sh|bash|zsh|shell|shell-?session|console|terminal)$/i.test(lang ?? '');
      this.#aside(others.length > 0 ? `${first} …` : first, isOther || remark.test(this.#since));
    }
    this.#awaiting = null;
  }

  #phrases({ children }: Parent): void {
    const { spans, end } = spansOf(children);
    const isAwaited = this.#awaiting === 'block';
    if (this.#since !== null && !continuing.test(spans[0]?.said ?? end)) {
      this.#isClosed ||= this.#isBracketed;
      this.#isBracketed = false;
      this.#since = '. ';
    }
    let isOpen = true; // what follows in this paragraph can belong to a check
    let isAmong = false; // other code comes before the check
    for (const [index, { said, code }] of spans.entries()) {
      const after = spans[index + 1]?.said ?? end;
      if (introducing.test(said)) {
        this.#isBracketed = opensBracket(said);
        this.#isClosed = false;
        isOpen = true;
        this.#command(code);
      } else if (isAwaited && index === 0) this.#first(said, code, after);
      else if (this.#since === null) isAmong = true;
      else if (isOpen) isOpen = this.#next(said, code, after, { isFirst: index === 0, isAmong });
      if (this.#since !== null && this.#since !== '' && this.#since.length < mostSince) this.#since += '``';
    }
    this.#add(end);
    this.#awaiting = introducesChecks(end) ? 'block' : introducing.test(end) ? 'fence' : null;
  }

  /** The first code of a block below a "check:". */
  #first(said: string, code: string, after: string): void {
    this.#isClosed = false;
    if (said.trim() === '' && ending.test(after)) this.#command(code);
    else if (!this.#isAwaited) {
      this.#since = `. ${said}`;
      this.#aside(code, true);
    }
  }

  /** Code behind a check. False if nothing behind it in its paragraph belongs to a check any more. */
  #next(
    said: string,
    code: string,
    after: string,
    { isFirst, isAmong }: { readonly isFirst: boolean; readonly isAmong: boolean },
  ): boolean {
    const since = this.#add(said);
    if (this.#isBracketed && since.includes(')')) {
      const behind = since.slice(since.indexOf(')') + 1);
      this.#isClosed = true;
      this.#isBracketed = false;
      if (!isAmong && joiningBrackets.test(behind) && ending.test(after)) this.#aside(code, false);
      return false;
    }
    if (joining.test(since) && ending.test(after)) this.#command(code);
    else this.#aside(code, remark.test(since) || (isFirst && !continuing.test(said) && !ending.test(after)));
    return true;
  }

  #add(said: string): string {
    const since = this.#since ?? '';
    if (this.#since === null || since.length >= mostSince) return since;
    this.#since = fold(`${since}${said}`.replace(/\([^()]*\)/g, '')).slice(0, mostSince);
    return this.#since;
  }
}

/** Each inline code with the text before it, and the text behind the last one. What is struck through is no code. */
function spansOf(children: readonly Nodes[]): {
  readonly spans: readonly { readonly said: string; readonly code: string }[];
  readonly end: string;
} {
  const spans: { readonly said: string; readonly code: string }[] = [];
  let said = '';
  const visit = (node: Nodes): void => {
    if (node.type === 'inlineCode') {
      spans.push({ said, code: node.value });
      said = '';
    } else if (node.type === 'break') said += '\n';
    else if (node.type === 'html' || node.type === 'delete') return;
    else if ('children' in node) node.children.forEach(visit);
    else said += plainText(node);
  };
  children.forEach(visit);
  return { spans, end: said };
}

/** True for a text with a bracket that it does not close. */
function opensBracket(text: string): boolean {
  return text.replace(/\([^()]*\)/g, '').includes('(');
}
