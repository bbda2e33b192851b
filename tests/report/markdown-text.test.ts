import type { Nodes } from 'mdast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Event } from '../../src/model/event.ts';
import { idFromKey } from '../../src/model/ids.ts';
import { type Report, reportSchema } from '../../src/model/report.ts';
import { reportMarkdown } from '../../src/report/markdown.ts';
import { code, fenced, inline } from '../../src/report/markdown-text.ts';
import { progressLine } from '../../src/report/progress.ts';
import { stateWithNames } from '../../src/report/run-state.ts';
import { printable, printableLine } from '../../src/util/text/printable.ts';
import { foreignTexts } from '../support/foreign-text.ts';

const parser = unified().use(remarkParse).use(remarkGfm);

/** The nodes of a document, from the outside to the inside, and all its text. */
function read(markdown: string): { readonly kinds: readonly string[]; readonly text: string } {
  const kinds: string[] = [];
  let text = '';
  const walk = (node: Nodes): void => {
    kinds.push(node.type);
    if ('value' in node) text += node.value;
    if ('children' in node) for (const child of node.children) walk(child);
  };
  walk(parser.parse(markdown));
  return { kinds, text };
}

const noSpaces = (text: string): string => text.replace(/\s+/g, '');

test.each([
  ['plain words', 'Adds a file.', 'Adds a file.'],
  ['code of its own', 'Run `npm test` twice', 'Run `npm test` twice'],
  ['code with longer fences', 'a ``b`c`` d', 'a ``b`c`` d'],
  ['a fence that another one seems to close', '`![x](http://h/i)`` is', '\\`!\\[x\\](`http://h/i)``` is'],
  ['HTML', '<img src=x>', '&lt;img src=x&gt;'],
  ['an entity', '&lt;b&gt; & c', '&amp;lt;b&amp;gt; & c'],
  ['a heading', '# Done', '\\# Done'],
  ['a list', '- x', '\\- x'],
  ['a numbered list', '12. x', '12\\. x'],
  ['an address', 'see https://a.b/c', 'see `https://a.b/c`'],
  ['an address of mail', 'by a@b.example', 'by `a@b.example`'],
  ['the name of somebody', 'thanks @somebody', 'thanks `@somebody`'],
  ['two codes side by side', '`a`http://h', '`a` `http://h`'],
])('%s in a line of Markdown', (_name, text, expected) => {
  if (!text.includes('``')) return expect(inline(text)).toBe(expected);
  // What matters here is how it is read.
  expect(
    read(inline(text)).kinds.filter((kind) => !['root', 'paragraph', 'text', 'inlineCode'].includes(kind)),
  ).toEqual([]);
});

test('no text becomes anything but text or code in a line, wherever the line stands', () => {
  const places: readonly (readonly [string, readonly string[]])[] = [
    ['', ['root', 'paragraph']],
    ['### ', ['root', 'heading']],
    ['- ✓ ', ['root', 'list', 'listItem', 'paragraph']],
    ['> ', ['root', 'blockquote', 'paragraph']],
    ['- ', ['root', 'list', 'listItem', 'paragraph']],
  ];
  for (const text of foreignTexts(600)) {
    for (const [before, around] of places) {
      const said = read(`${before}${inline(text)}`);
      const inside = said.kinds.slice(around.length).filter((kind) => kind !== 'text' && kind !== 'inlineCode');
      if (printableLine(text) === '') continue;
      expect([text, said.kinds.slice(0, around.length), inside]).toEqual([text, around, []]);
    }
    const shown = noSpaces(read(`x ${inline(text)}`).text).replaceAll('`', '');
    expect([text, shown]).toEqual([text, `x${noSpaces(printableLine(text, 1000))}`.replaceAll('`', '')]);
  }
});

test('no text ends the code that it stands in', () => {
  for (const text of foreignTexts(600, 2)) {
    expect([text, ...read(`a ${code(text)} b`).kinds]).toEqual([
      text,
      'root',
      'paragraph',
      'text',
      'inlineCode',
      'text',
    ]);
    const block = parser.parse(fenced(text)).children;
    expect([text, block.map((node) => node.type)]).toEqual([text, ['code']]);
    expect(block[0]?.type === 'code' ? block[0].value : null).toBe(printable(text).trimEnd());
  }
});

/** A value of a schema, with each text that anybody may fill taken from `next`. */
function fill(schema: z.core.$ZodType, next: () => string, pick: number): unknown {
  const { def } = schema._zod as unknown as {
    def: {
      type: string;
      shape?: Record<string, z.core.$ZodType>;
      element?: z.core.$ZodType;
      innerType?: z.core.$ZodType;
      options?: z.core.$ZodType[];
      entries?: Record<string, string>;
      values?: unknown[];
      in?: z.core.$ZodType;
      valueType?: z.core.$ZodType;
    };
  };
  const inner = (): unknown => fill(def.innerType ?? z.never(), next, pick);
  switch (def.type) {
    case 'object':
      return Object.fromEntries(Object.entries(def.shape ?? {}).map(([key, of]) => [key, fill(of, next, pick)]));
    case 'array':
      return [0, 1, 2, 3].map((index) => fill(def.element ?? z.never(), next, pick + index));
    case 'string':
      return next();
    case 'number':
      return 3;
    case 'boolean':
      return pick % 2 === 0;
    case 'nullable':
    case 'optional':
    case 'default':
    case 'readonly':
      return inner();
    case 'enum': {
      const values = Object.values(def.entries ?? {});
      return values[pick % values.length];
    }
    case 'literal':
      return def.values?.[0];
    case 'union': {
      const options = def.options ?? [];
      return fill(options[pick % options.length] ?? z.never(), next, pick);
    }
    case 'record':
      return { [next()]: fill(def.valueType ?? z.never(), next, pick) };
    case 'pipe':
      return fill(def.in ?? z.never(), next, pick);
    default:
      throw new Error(`a report has a "${def.type}", which this test cannot fill`);
  }
}

test('a report is the same document, whatever its texts say', () => {
  const texts = foreignTexts(30_000, 3);
  const allowed = ['root', 'heading', 'paragraph', 'text', 'inlineCode', 'code', 'list', 'listItem', 'blockquote'];
  const inTable = ['table', 'tableRow', 'tableCell'];
  for (let pick = 0; pick < 15; pick++) {
    const markdown = reportMarkdown(fill(reportSchema, () => texts.pop() ?? 'x', pick) as Report);
    const { kinds } = read(markdown);
    const others = kinds.filter((kind) => !allowed.includes(kind) && !inTable.includes(kind));
    expect([pick, others, kinds.filter((kind) => kind === 'table').length]).toEqual([pick, [], 1]);
    expect(markdown).toBe(printable(markdown));
  }
  expect(texts.length).toBeGreaterThan(0);
});

const unit = idFromKey('unit-1');
const failed = (text: string): object => ({ reason: 'blocked', why: text });

/** An event of each kind, with `text` wherever an agent, a spec, a file's name, a host or a person may have written. */
const events: Readonly<Record<Event['type'], (text: string) => object>> = {
  'run-started': (text) => ({ run: text, branch: text, tip: text, agent: text, tier: text, units: 1, open: 1 }),
  'branch-prepared': (text) => ({ branch: text, how: text, tip: text }),
  'unit-changed': (text) => ({ unit, from: 'working', to: 'failed', why: text }),
  'unit-paused': () => ({ unit }),
  'unit-resumed': () => ({ unit }),
  'wave-started': () => ({ number: 1, units: [unit, unit] }),
  claimed: (text) => ({ unit, attempt: text, fence: 1, role: text }),
  'agent-turn': (text) => ({ unit, role: text, text }),
  'agent-tool': (text) => ({ unit, tool: text, summary: text, isError: true }),
  'agent-source': (text) => ({ unit, url: text, title: text }),
  'agent-retry': (text) => ({ unit, why: text, delayMs: 1 }),
  'recipe-chosen': (text) => ({ unit, recipe: text, reviewers: 1, why: text }),
  'stage-done': (text) => ({ unit, stage: text }),
  'map-made': (text) => ({ unit, phase: text }),
  note: (text) => ({ unit, text }),
  overlap: (text) => ({ unit, with: text, files: [text], told: 'now' }),
  harvested: (text) => ({ unit, files: [text] }),
  candidate: (text) => ({ unit, restored: [text, text] }),
  'check-ran': (text) => ({ unit, attempt: text, also: [], command: text, on: 'base' }),
  'gate-judged': (text) => ({ unit, attempt: text, phase: text, outcome: 'passed', met: 1, of: 1 }),
  'account-written': (text) => ({ agent: text, text }),
  'integration-checked': (text) => ({
    ...{ commit: text, tree: text, units: [unit], contracts: [text] },
    checks: [{ name: text, command: text, outcome: 'failed', wasRed: false, why: text }],
  }),
  'checks-needed': () => ({ numbers: [1] }),
  'criterion-judged': (text) => ({
    unit,
    verdict: { verdict: 'unmet', text, evidence: [{ kind: 'command', output: `/state/${text}` }] },
  }),
  judged: (text) => ({ unit, unproven: { found: [{ file: text, from: 1, to: 2 }] } }),
  'not-done': (text) => ({ unit, failure: failed(text), next: 'repair' }),
  landed: (text) => ({ unit, commit: text, linesAdded: 1, linesRemoved: 1, files: [text] }),
  'request-applied': (text) => ({ by: text, verb: text, outcome: text }),
  'cap-reached': (text) => ({ detail: text }),
  'request-refused': (text) => ({ unit, detail: text, isAll: false }),
  'environment-red': (text) => ({ failure: failed(text) }),
  notice: (text) => ({ text }),
  'agent-started': (text) => ({ unit, name: text, agent: text }),
  'agent-ended': (text) => ({ unit, name: text, agent: text, outcome: text }),
  'merge-queue': () => ({ unit, step: 'waits' }),
  'run-ended': (text) => ({ run: text, outcome: text }),
};

test('a line of progress is one line without escapes, whatever its event says', () => {
  for (const text of foreignTexts(500, 4)) {
    for (const [type, of] of Object.entries(events)) {
      const line =
        progressLine({ type, ...of(text) } as Event, stateWithNames([{ id: unit, key: text, title: text }]), {
          isVerbose: true,
        })?.text ?? '';
      expect([type, line]).toEqual([type, printableLine(line, 1000)]);
    }
  }
});
