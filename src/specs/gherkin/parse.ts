import {
  AstBuilder,
  Errors,
  GherkinClassicTokenMatcher,
  GherkinInMarkdownTokenMatcher,
  Parser,
} from '@cucumber/gherkin';
import type { Feature } from '@cucumber/messages';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { fold } from '../text/markdown.ts';
import { errorAt, type Source } from '../text/source.ts';

/** The feature of a file; null if it has none. An error of its syntax is a diagnostic. */
export function parseFeature(source: Source): Feature | SpecDiagnostic | null {
  const isMarkdown = /\.md$/i.test(source.file);
  const idle = isMarkdown ? /^(?!\s*(?:#{1,6}\s|[*+-]|\||```))/ : /^\s*(?:[@#]|$)/;
  const long = longRun(source.text, idle);
  if (long !== null) return tooLong(source, long);
  const matcher = isMarkdown ? new GherkinInMarkdownTokenMatcher('en') : new GherkinClassicTokenMatcher('en');
  let id = 0;
  const parser = new Parser(new AstBuilder(() => String(id++)), matcher);
  parser.stopAtFirstError = true; // the others often follow from it
  try {
    return parser.parse(source.text.replace(/^\uFEFF/, '')).feature ?? null;
  } catch (cause) {
    if (!(cause instanceof Errors.GherkinException)) throw cause;
    return described(cause, source);
  }
}

/** The parser looks ahead from a tag to the next keyword, and its time grows with the square of these lines. */
const maxIdleLines = 10_000;

/** The last line, from 1, of a run of more than `maxIdleLines` lines that match; null if there is none. */
function longRun(text: string, idle: RegExp): number | null {
  let run = 0;
  for (const [index, line] of text.split('\n').entries()) {
    run = idle.test(line) ? run + 1 : 0;
    if (run > maxIdleLines) return index + 1;
  }
  return null;
}

function tooLong(source: Source, line: number): SpecDiagnostic {
  return errorAt(source, placeOf({ line }, source), {
    code: 'feature-too-long',
    message: `there are ${maxIdleLines} lines without a keyword before this one, so this feature is not read`,
    hint: 'Remove them.',
  });
}

/** Names of the parser for what a line may be. */
const kinds: Readonly<Record<string, string>> = {
  EOF: 'the end of the file',
  FeatureLine: '"Feature:"',
  BackgroundLine: '"Background:"',
  RuleLine: '"Rule:"',
  ScenarioLine: '"Scenario:"',
  ExamplesLine: '"Examples:"',
  StepLine: 'a step (Given, When, Then, And, But)',
  TagLine: 'a tag',
  TableRow: 'a row of a table',
  DocStringSeparator: 'the quotes of a text (""")',
  Language: '"# language:"',
};

function described(error: Errors.GherkinException, source: Source): SpecDiagnostic {
  const said = fold(error.message.replace(/^\(-?\d+:-?\d+\):/, ''));
  const wanted = /expected: ((?:#\w+(?:, )?)+)/.exec(said)?.[1] ?? '';
  const names = [...wanted.matchAll(/\w+/g)].flatMap(([name]) => kinds[name] ?? []);
  const found = said.startsWith('unexpected end') ? 'the file ends too early' : 'this line is none of its lines';
  const message = names.length > 0 ? found : `${said.charAt(0).toLowerCase()}${said.slice(1)}`;
  return errorAt(source, placeOf(error.location, source), {
    code: 'feature-syntax',
    message: `this is not Gherkin: ${message}`,
    hint: names.length > 0 ? `Possible here: ${names.join(', ')}.` : 'Correct it; Cucumber would refuse it, too.',
  });
}

/** The place of an error, whose location counts lines and columns from 1. */
function placeOf(location: unknown, { text }: Source): { readonly offset: number; readonly length: number } {
  const { line = 1, column = 1 } = (location ?? {}) as { readonly line?: number; readonly column?: number };
  const lines = text.split('\n');
  const at = Math.min(Math.max(line, 1), lines.length);
  const shown = lines[at - 1] ?? '';
  const before = lines.slice(0, at - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const first = Math.min(Math.max(column - 1, 0), shown.length);
  return { offset: before + first, length: Math.max(1, shown.trimEnd().length - first) };
}
