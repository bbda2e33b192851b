import type { SyntaxNode } from '@lezer/common';
import { locate } from '../model/diagnostic.ts';
import { parser as javascript } from '@lezer/javascript';
import { parser as python } from '@lezer/python';

/*
 * Finds the expected values in a test's text and replaces them, for the canary: a copy of a test that must fail.
 * Supported: node:assert and chai's `assert.equal(a, EXPECTED)`, the matchers of vitest and jest
 * (`expect(a).toBe(EXPECTED)`), Python's `assert a == EXPECTED`, and unittest. A value counts only if the test fails
 * without it: one in a negation, in an `or`, or where an exception is expected does not.
 */

/** An expected value in a text. */
export interface Expected {
  /** From 1. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** The text that replaces it: another value that no passing assertion accepts. */
  readonly other: string;
  /** The name of the test that always comes to its assertion if it runs; '' for the file itself; null if none surely does. */
  readonly test: string | null;
}

const languages = [
  { files: /\.[cm]?ts$/, parser: javascript.configure({ dialect: 'ts' }), find: inScript },
  { files: /\.tsx$/, parser: javascript.configure({ dialect: 'ts jsx' }), find: inScript },
  { files: /\.[cm]?jsx?$/, parser: javascript.configure({ dialect: 'jsx' }), find: inScript },
  { files: /\.py$/, parser: python, find: inPython },
];

/** The expected values of a test file, in order; empty for an unknown language. */
export function findExpected(path: string, text: string): readonly Expected[] {
  const language = languages.find(({ files }) => files.test(path));
  const found: Expected[] = [];
  language?.parser.parse(text).iterate({
    enter: ({ node }) => {
      for (const { from: start, to: end, parent } of language.find(node, text)) {
        if (end === start || hasError(parent) || mayPass(node, text)) continue;
        if (start < (found.at(-1)?.end ?? 0)) continue; // inside of another expected value
        const { line } = locate(text, start);
        const written = text.slice(start, end);
        const isMember = calleeOf(node, text).at(-1) === 'toContain';
        const test = testAround(node, text);
        found.push({ line, start, end, other: isMember ? wrapped(written) : other(written), test });
      }
    },
  });
  const times = Map.groupBy(testsIn(language?.parser.parse(text).topNode ?? null, text), (name) => name);
  return found.map((one) =>
    one.test === '' || times.get(one.test ?? '')?.length === 1 ? one : { ...one, test: null },
  );
}

/** The text with the given expected values replaced by different ones. */
export function flip(text: string, which: readonly Expected[]): string {
  let result = text;
  for (const { start, end, other: value } of which.toSorted((a, b) => b.start - a.start))
    result = result.slice(0, start) + value + result.slice(end);
  return result;
}

/** A different value of the same kind; an expression is wrapped into a list. */
function other(value: string): string {
  if (/^-?\d+(?:\.\d+)?$/.test(value) && Math.abs(Number(value)) < Number.MAX_SAFE_INTEGER)
    return String(Number(value) + 1);
  if (/^(['"])(?:[^'"\\\n]|\\.)*\1$/.test(value)) return `${value.slice(0, -1)}~${value.slice(-1)}`;
  const opposite = { true: 'false', false: 'true', True: 'False', False: 'True' }[value];
  return opposite ?? wrapped(value);
}

/** A list in JavaScript and Python. Where a list must contain a value, only this is surely not in it. */
function wrapped(value: string): string {
  return `["canary", (${value})]`;
}

const equalities = /^(?:equal|strictEqual|deepEqual|deepStrictEqual|partialDeepStrictEqual)$/;
const bareEqualities = /^(?:strictEqual|deepEqual|deepStrictEqual)$/;
const matchers = /^(?:toBe|toEqual|toStrictEqual|toBeCloseTo|toHaveLength|toContain|toMatchObject)$/;

function inScript(node: SyntaxNode, text: string): SyntaxNode[] {
  if (node.name !== 'CallExpression') return [];
  const callee = calleeOf(node, text);
  const [last = '', ...before] = callee.toReversed();
  const isAssert = equalities.test(last) && before.find((name) => name !== 'strict') === 'assert';
  if (isAssert || (callee.length === 1 && bareEqualities.test(last))) return argument(node, 1);
  return matchers.test(last) && callee[0] === 'expect' && !callee.includes('not') ? argument(node, 0) : [];
}

function inPython(node: SyntaxNode, text: string): SyntaxNode[] {
  if (node.name === 'AssertStatement') return compared(node.firstChild?.nextSibling ?? null, text);
  if (node.name !== 'CallExpression') return [];
  return /^self,assertEquals?$/.test(calleeOf(node, text).join()) ? argument(node, 1) : [];
}

/** The right sides of the `==` that must all hold for an expression to be true. */
function compared(expression: SyntaxNode | null, text: string): SyntaxNode[] {
  const { firstChild: left = null, lastChild: right = null } = expression ?? {};
  if (expression?.name === 'ParenthesizedExpression') return compared(left?.nextSibling ?? null, text);
  if (expression?.name !== 'BinaryExpression' || !left || !right) return [];
  const operator = text.slice(left.nextSibling?.from, left.nextSibling?.to);
  if (operator === 'and') return [...compared(left, text), ...compared(right, text)];
  return operator === '==' ? [right] : [];
}

/** The names of a called function from its object on: `expect(a).not.toBe` is expect, not, toBe. */
function calleeOf(call: SyntaxNode, text: string): string[] {
  const names: string[] = [];
  for (let node = call.firstChild; node; node = node.firstChild) {
    const last = node.name === 'MemberExpression' ? node.lastChild : node;
    if (last && /^(?:PropertyName|VariableName|this)$/.test(last.name)) names.unshift(text.slice(last.from, last.to));
  }
  return names;
}

/** An argument of a call by its position, from 0; none if a spread or a named argument is before it. */
function argument(call: SyntaxNode, position: number): SyntaxNode[] {
  const parts: SyntaxNode[][] = [[]];
  for (let node = call.getChild('ArgList')?.firstChild?.nextSibling; node?.nextSibling; node = node.nextSibling)
    if (node.name === ',') parts.push([]);
    else if (!node.name.endsWith('Comment')) parts.at(-1)?.push(node);
  const first = parts.slice(0, position + 1);
  return first.every((part) => part.length === 1) ? (first[position] ?? []) : [];
}

function hasError(node: SyntaxNode | null): boolean {
  let isBroken = false;
  node?.cursor().iterate(({ type }) => void (isBroken ||= type.isError));
  return isBroken;
}

/** Names of functions and decorators that expect a failure, or that run nothing. */
const tolerant =
  /^(?:throws|rejects|raises|warns|assertRaises\w*|toThrow\w*|skip(?:[iI]f|[uU]nless|Test)?|runIf|pytestmark|todo|fails|failing|fixme|xfail|expectedFailure|expectFailure|x(?:it|test|describe))$/;

/** Expressions whose parts need not hold, and statements whose parts need not run. */
const conditional = /^(?:IfStatement|UnaryExpression|BinaryExpression|ConditionalExpression)$/;

/** True if the test may pass although an assertion in it fails. */
function mayPass(assertion: SyntaxNode, text: string): boolean {
  for (let node = assertion.parent; node; node = node.parent) {
    if (conditional.test(node.name)) return true;
    if (node.name === 'TryStatement' && (node.getChild('CatchClause') ?? node.getChild('except'))) return true;
    if (node.name === 'CallExpression' && calleeOf(node, text).some((name) => tolerant.test(name))) return true;
    // An option such as `{ skip: true }`, a call such as `t.skip()`, a context, a decorator, or a mark of the whole file.
    const [options, calls] = [node.getChild('ArgList')?.getChildren('ObjectExpression') ?? [], skipsIn(node)];
    const heads = /^(?:WithStatement|DecoratedStatement)$/.test(node.name) ? childrenOf(node).slice(0, -1) : [];
    const names = [...options, ...calls, ...heads].flatMap((part) => namesIn(part, text));
    if (names.some((name) => tolerant.test(name))) return true;
  }
  return false;
}

/** Callees and assigned names of the statements in a block. */
function skipsIn(block: SyntaxNode): SyntaxNode[] {
  return childrenOf(block).flatMap(({ name, firstChild }) => {
    if (name === 'ExpressionStatement' && firstChild?.name === 'CallExpression') return firstChild.firstChild ?? [];
    return name === 'AssignStatement' ? (firstChild ?? []) : [];
  });
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

/** The names that code uses, outside of its texts. */
function namesIn(node: SyntaxNode, text: string): string[] {
  const names: string[] = [];
  node.cursor().iterate(({ name, from, to }) => {
    if (/^(?:PropertyName|PropertyDefinition|VariableName)$/.test(name)) names.push(text.slice(from, to));
  });
  return names;
}

/** The number of tests of a file; null if it may declare one more or less often than once. */
export function countDeclared(path: string, text: string): number | null {
  const language = languages.find(({ files }) => files.test(path));
  let count: number | null = 0;
  language?.parser.parse(text).iterate({
    enter: ({ node }) => {
      if (node.name === 'Decorator' || calleeOf(node, text).includes('each')) count = null;
      if (count === null || testName(node, text) === null) return;
      count = isOnce(node, text) ? count + 1 : null;
    },
  });
  return language ? count : null;
}

/** True for a test at the top of a file, or in a group or a class without a base. */
function isOnce(test: SyntaxNode, text: string): boolean {
  for (let node = test.parent; node; node = node.parent) {
    if (node.name === 'ClassDefinition' && node.getChild('ArgList')) return false;
    if (node.name === 'CallExpression' && !/^(?:describe|suite|context)$/.test(calleeOf(node, text).join('.')))
      return false;
    if (!once.test(node.name)) return false;
  }
  return true;
}

const once =
  /^(?:Script|Block|Body|ArrowFunction|FunctionExpression|ArgList|CallExpression|ExpressionStatement|ClassDefinition|AwaitExpression)$/;

/** The names of all tests of a file, with repetitions. */
function testsIn(top: SyntaxNode | null, text: string): string[] {
  const names: string[] = [];
  top?.cursor().iterate(({ node }) => void names.push(...(testName(node, text) ?? [])));
  return names;
}

/** The name of a test that a call or a function definition declares, as a list; null for other nodes. */
function testName(node: SyntaxNode, text: string): string[] | null {
  if (node.name === 'FunctionDefinition') {
    const name = node.getChild('VariableName');
    const said = name ? text.slice(name.from, name.to) : '';
    return said.startsWith('test') ? [said] : null;
  }
  // A runner may be imported by any name; that the name of the test is printed shows that it is one.
  if (node.name !== 'CallExpression' || !/^(?!describe$|suite$|context$)\w+$/.test(calleeOf(node, text).join('.')))
    return null;
  const [title] = argument(node, 0);
  return title?.name === 'String' ? [text.slice(title.from + 1, title.to - 1)] : null;
}

/** The test, or '' for the file, in whose body an assertion is a statement, after others that surely end; else null. */
function testAround(assertion: SyntaxNode, text: string): string | null {
  let statement: SyntaxNode | null = assertion;
  if (/^[a-zA-Z]*[eE]qual$/.test(calleeOf(assertion, text).join('.'))) return null; // it may be anybody's function
  while (statement && !/^(?:ExpressionStatement|AssertStatement|ArrowFunction)$/.test(statement.name)) {
    if (!/^(?:CallExpression|AwaitExpression|UnaryExpression|MemberExpression)$/.test(statement.name)) return null;
    statement = statement.parent;
  }
  if (statement?.name === 'ArrowFunction') return testOf(statement, text);
  const body = statement?.parent;
  if (!statement || !body || !/^(?:Block|Body|Script)$/.test(body.name)) return null;
  for (let before = statement.prevSibling; before; before = before.prevSibling) if (mayEnd(before, text)) return null;
  const owner = body.parent;
  if (body.name === 'Script') return '';
  if (owner?.name === 'FunctionDefinition') {
    const isMarked = owner.parent?.name === 'DecoratedStatement';
    return isMarked ? null : (testName(owner, text)?.[0] ?? null);
  }
  return owner && /^(?:ArrowFunction|FunctionExpression)$/.test(owner.name) ? testOf(owner, text) : null;
}

/** The name of the test whose function this is, as an argument of a call; else null. */
function testOf({ parent }: SyntaxNode, text: string): string | null {
  const call = parent?.name === 'ArgList' ? parent.parent : null;
  return call ? (testName(call, text)?.[0] ?? null) : null;
}

/** True if a statement may end the test around it: it returns, throws, skips or repeats. */
function mayEnd(statement: SyntaxNode, text: string): boolean {
  let is = namesIn(statement, text).some((name) => tolerant.test(name) || /^(?:importorskip|exit|fail)$/.test(name));
  statement.cursor().iterate(({ name }) => {
    is ||= /^(?:Return|Throw|Raise|While|For|Break|Continue|Yield)\w*Statement$|^YieldExpression$/.test(name);
  });
  return is;
}
