import { printable } from '../../util/text/printable.ts';

/*
 * Markup that is safe by construction: `html` escapes each text that stands in a template, and nothing else makes markup.
 * Links lead to a place in the page, or to a file at a relative path.
 */

const key = Symbol('made by this module');

/** Markup whose foreign texts are escaped. Only `html`, and `ours` for the program's own constants, make it. */
export class Html {
  readonly text: string;

  constructor(text: string, made: symbol) {
    if (made !== key) throw new Error('Internal error: markup is made by html`…` only');
    this.text = text;
  }
}

/** Where a link leads: a fragment, or a relative path. Only `place` and `file` make it. */
export class Address {
  readonly text: string;

  constructor(text: string, made: symbol) {
    if (made !== key) throw new Error('Internal error: addresses are made by place() and file() only');
    this.text = text;
  }
}

/** What may stand in a template. Null stands for nothing. */
export type Part = Html | Address | string | number | null | readonly Part[];

/** Where a part stands, which decides what it may be. */
type Position = 'content' | 'quoted' | 'address' | 'ours';

/** Attributes whose value can make a browser do something. */
const acting = /\s(?:href|src|srcset|srcdoc|action|formaction|data|ping|poster|xlink:href|style|on\w+)="[^"]*$/i;
const templates = new WeakMap<TemplateStringsArray, Template>();

interface Template {
  readonly positions: readonly Position[];
  /** The markup between the parts. */
  readonly between: readonly string[];
}

/**
 * A template of markup. Texts are escaped; they may stand as content, or in a quoted attribute that does nothing. Anything
 * else that could act stands there as `Address`, or as markup of this module.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const { positions, between } = templates.get(strings) ?? templateOf(strings);
  let text = between[0] ?? '';
  for (const [index, part] of parts.entries()) {
    if (!mayStand(part, positions[index] ?? 'ours'))
      throw new Error(`Internal error: this may not stand after ${strings[index]?.slice(-40)}`);
    text += markup(part) + (between[index + 1] ?? '');
  }
  return new Html(text, key);
}

function templateOf(strings: TemplateStringsArray): Template {
  const template = {
    positions: strings.slice(1).map((_, index) => positionOf(strings, index)),
    between: strings.map(withoutBreaks),
  };
  templates.set(strings, template);
  return template;
}

/** Elements beside which white space means nothing. */
const block = String.raw`</?(?:article|body|d[dlt]|details|div|footer|h[1-6r]|head|header|html|li|main|meta|nav|ol|p|section|summary|table|tbody|td|th|thead|title|tr|ul)\b`;
const besides = [new RegExp(`\\s*\\n\\s*(?=${block})`, 'g'), new RegExp(`(${block}[^<>]*>)\\s*\\n\\s*`, 'g')] as const;

/** Markup without the breaks of lines that formatters of code insert. */
function withoutBreaks(markup: string): string {
  return markup
    .replaceAll(besides[0], '')
    .replaceAll(besides[1], '$1')
    .replaceAll(/\s*\n\s*/g, ' ');
}

function mayStand(part: Part, position: Position): boolean {
  if (part === null || part instanceof Html) return position === 'content' || position === 'ours';
  if (part instanceof Address) return position === 'address';
  if (Array.isArray(part)) return position === 'content';
  return position === 'content' || position === 'quoted';
}

function positionOf(strings: TemplateStringsArray, index: number): Position {
  const before = strings.slice(0, index + 1).join('x');
  const tag = before.slice(Math.max(0, before.lastIndexOf('<')));
  if (/<(script|style)\b(?![^]*<\/\1)/i.test(before)) return 'ours';
  if (!before.includes('<') || tag.includes('>')) return 'content';
  if (/\shref="$/.test(tag)) return 'address';
  const inValue = /="[^"]*$/.test(tag.replaceAll(/="[^"]*"/g, ''));
  return inValue && !acting.test(tag) ? 'quoted' : 'ours';
}

function markup(part: Part): string {
  if (part === null) return '';
  if (part instanceof Html || part instanceof Address) return part.text;
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escaped(part);
  return part.map(markup).join('');
}

/** The places and widths of things in a drawing, with a digit after the point at most. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return printable(text.toWellFormed()).replace(/[&<>"']/g, (sign) => entities[sign] ?? '');
}

/** The program's own constant: a style, a script, a drawing. */
export function ours(text: string): Html {
  return new Html(text, key);
}

/** The address of an element of this page. */
export function place(id: string): Address {
  return new Address(`#${id.split('/').map(encoded).join('/')}`, key);
}

/** The address of a file by its path from the page's folder, with forward slashes. */
export function file(path: string): Address {
  return new Address(`./${path.split('/').map(encoded).join('/')}`, key);
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll("'", '%27');
}
