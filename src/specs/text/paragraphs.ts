import type { Chunk, Code, Extension, ParseContext, Point, TokenizeContext } from 'micromark-util-types';
import { type Costly, TooCostly } from './too-costly.ts';

/*
 * An extension of the Markdown parser that looks at each paragraph before its markup is parsed, since the parser's time for
 * some markup grows with the square of the paragraph.
 */

/** What the parser of a text needs to know of it. */
export interface Whole {
  /** The text, and the offset in it of what is parsed. */
  readonly text: string;
  readonly offset: number;
  /** Identifiers that definitions and footnotes of the whole text define. */
  readonly defined: Identifiers;
  readonly footnotes: Identifiers;
  /** The cost of all paragraphs so far. */
  readonly spent: { steps: number };
}

/** A list that is asked for a value as fast as a set: the parser asks for each bracket. */
export class Identifiers extends Array<string> {
  readonly #all = new Set<string>();

  override push(...added: readonly string[]): number {
    for (const one of added) this.#all.add(one);
    return super.push(...added);
  }

  override includes(one: string): boolean {
    return this.#all.has(one);
  }
}

/** A paragraph, heading or cell that is longer than this is plain text if its markup is costly. */
const maxMarkup = 20_000;
/** Maximum steps for a paragraph, and for all of a text. A million take the parser some 10 ms. */
const maxSteps = 20_000_000;
const maxTotal = 300_000_000;

type Kind = 'emphasis' | 'brackets' | 'tags' | 'markup';

const costs: Readonly<Record<Kind, Costly>> = {
  emphasis: { what: 'there are too many "*", "_" and "~" in one paragraph', hint: 'Write it as code, or divide it.' },
  brackets: { what: 'there are too many brackets in one paragraph', hint: 'Write it as code, or divide it.' },
  tags: { what: 'there are too many "<" in one paragraph', hint: 'Write it as code, or divide it.' },
  markup: { what: 'there is too much markup in one paragraph', hint: 'Write it as code, or divide it.' },
};

/** The steps that the parser may need for the markup of a paragraph. */
function stepsOf(text: string): Readonly<Record<Kind, number>> {
  let [marks, brackets, tags, others] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '*':
      case '_':
      case '~':
        marks++;
        break;
      case '[':
      case ']':
        brackets++;
        break;
      case '<':
        tags++;
        break;
      case '`':
      case '&':
      case '!':
      case '\\':
        others++;
        break;
      default:
    }
  }
  return {
    emphasis: marks * marks * 10,
    brackets: (brackets * text.length) / 2,
    tags: tags * text.length,
    // The parser moves all that follows where it joins texts between which there was no markup after all.
    markup: (marks + brackets + tags + others) ** 2 / 100,
  };
}

/** True if a paragraph of a text might be costly, were all of it one paragraph. */
export function mayBeCostly(text: string): boolean {
  return Object.values(stepsOf(text)).reduce((sum, count) => sum + count, 0) > maxSteps;
}

/** Parses the markup of paragraphs only as far as it is not costly. Throws `TooCostly` from the parser. */
export function paragraphGuard(whole: Whole): Extension {
  const known = new WeakSet<ParseContext>();
  return {
    document: {
      null: {
        name: 'paragraphGuard',
        tokenize(_effects, _ok, nok) {
          if (!known.has(this.parser)) {
            known.add(this.parser);
            prepare(this.parser, whole);
          }
          return nok;
        },
      },
    },
  };
}

function prepare(parser: ParseContext & { gfmFootnotes?: string[] }, whole: Whole): void {
  parser.defined = whole.defined;
  parser.gfmFootnotes = whole.footnotes;
  const create = parser.text.bind(parser);
  const all = parser.constructs;
  // Line ends are the only markup of plain text.
  const bare = { ...all, text: Object.fromEntries([-5, -4, -3].map((code) => [code, all.text[code]])) };
  parser.text = (from) =>
    new Paragraph(parser, from, (text, start) => {
      if (isCostly(text, start?.offset ?? 0, whole)) parser.constructs = bare as typeof all;
      try {
        return create(from);
      } finally {
        parser.constructs = all;
      }
    }) as unknown as TokenizeContext; // it has what the parser asks of one
}

/** True for a paragraph that is read as plain text. Throws `TooCostly` if it cannot be read, or if all of them cannot. */
function isCostly(text: string, offset: number, whole: Whole): boolean {
  const steps = Object.entries(stepsOf(text)) as [Kind, number][];
  const total = steps.reduce((sum, [, count]) => sum + count, 0);
  const [kind] = steps.reduce((most, one) => (one[1] > most[1] ? one : most));
  if (total > maxSteps && text.length > maxMarkup) return true;
  whole.spent.steps += total;
  if (total > maxSteps || whole.spent.steps > maxTotal)
    throw new TooCostly(costs[kind], whole.text, whole.offset + offset);
  return false;
}

type Step = { readonly skip: Point } | { readonly chunks: readonly Chunk[]; readonly isFirst: boolean | undefined };

/** Collects a paragraph, and gives it to the parser's own tokenizer when it is complete. */
class Paragraph {
  readonly events: TokenizeContext['events'] = [];
  readonly parser: ParseContext;
  /** What `micromark` tells a tokenizer. */
  _contentTypeTextTrailing: boolean | undefined;
  _gfmTasklistFirstContentOfListItem: boolean | undefined;
  readonly #from: Point | undefined;
  readonly #create: (text: string, from: Point | undefined) => TokenizeContext;
  readonly #steps: Step[] = [];
  #text = '';

  constructor(parser: ParseContext, from: unknown, create: (text: string, from: Point | undefined) => TokenizeContext) {
    this.parser = parser;
    this.#from = from as Point | undefined;
    this.#create = create;
  }

  defineSkip(skip: Point): void {
    this.#steps.push({ skip });
  }

  write(chunks: readonly Chunk[]): TokenizeContext['events'] {
    this.#steps.push({ chunks, isFirst: this._gfmTasklistFirstContentOfListItem });
    this.#text += chunks.map(textOf).join('');
    return chunks.at(-1) === null ? this.#finish() : [];
  }

  #finish(): TokenizeContext['events'] {
    const real = this.#create(this.#text, this.#from);
    const told = real as { _contentTypeTextTrailing?: boolean; _gfmTasklistFirstContentOfListItem?: boolean };
    if (this._contentTypeTextTrailing !== undefined) told._contentTypeTextTrailing = this._contentTypeTextTrailing;
    for (const step of this.#steps) {
      if ('skip' in step) real.defineSkip(step.skip);
      else {
        if (step.isFirst === true) told._gfmTasklistFirstContentOfListItem = true;
        else delete told._gfmTasklistFirstContentOfListItem;
        real.write([...step.chunks]);
      }
    }
    for (const event of real.events) this.events.push(event);
    return this.events;
  }
}

function textOf(chunk: Chunk): string {
  return typeof chunk === 'string' ? chunk : isLineEnd(chunk) ? '\n' : ' ';
}

function isLineEnd(code: Code): boolean {
  return code !== null && code < -2;
}
