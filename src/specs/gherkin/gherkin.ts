import { dialects } from '@cucumber/gherkin';
import type { Background, Feature, FeatureChild, Rule, Scenario, Step, TableRow, Tag } from '@cucumber/messages';
import { locate } from '../../model/diagnostic.ts';
import { criterionOf, type ParsedCriterion } from '../format/criterion.ts';
import type { Draft } from '../format/draft.ts';
import type { Parsed, Reader } from '../format/format.ts';
import { sharedTooLarge, Sharing } from '../format/sharing.ts';
import { fold } from '../text/markdown.ts';
import { own } from '../../util/values/own.ts';
import { errorAt, type Source } from '../text/source.ts';
import { keysOf, type ScenarioKey } from './keys.ts';
import { parseFeature } from './parse.ts';

/** Gherkin has no marks: only the trailers of commits say what is done. */
export const reader: Reader = {
  isOfScenarios: true,
  parse(sources) {
    const parsed = sources.map(readFeature);
    return {
      drafts: parsed.flatMap(({ drafts }) => drafts),
      diagnostics: parsed.flatMap(({ diagnostics }) => diagnostics),
      notWork: parsed.flatMap(({ notWork }) => notWork ?? []),
    };
  },
  looseMarks: () => [],
  segments: () => null,
};

/** A scenario with what is said around it. */
interface Placed {
  readonly scenario: Scenario;
  /** The code of its language, such as "en". */
  readonly language: string;
  readonly rule: Rule | null;
  /** The backgrounds of the feature and of the rule. */
  readonly backgrounds: readonly Background[];
  /** The tags of the feature, the rule and the scenario. */
  readonly tags: readonly Tag[];
  /** Lines from 1, without the last: of the heads of feature and rule, and of the scenario. */
  readonly ranges: readonly (readonly [from: number, to: number])[];
  /** False if the heads and backgrounds around it are too large to be shared; then they are left out. */
  readonly isShared: boolean;
}

/** A file, and the offsets of its lines. */
interface Lines {
  readonly source: Source;
  readonly lines: readonly string[];
  readonly offsets: readonly number[];
}

/** Each scenario is a unit. Its text, with its backgrounds, is its only criterion. */
function readFeature(source: Source): Parsed {
  const feature = parseFeature(source);
  if (feature !== null && 'severity' in feature) return { drafts: [], diagnostics: [feature] };
  const lines = source.text.split('\n');
  const offsets = [0];
  for (const line of lines) offsets.push((offsets.at(-1) ?? 0) + line.length + 1);
  const placed = feature === null ? [] : scenariosIn(feature, offsets);
  if (placed.length === 0)
    return {
      drafts: [],
      diagnostics: [],
      notWork: [{ file: source.file, line: 1, why: 'features without scenarios' }],
    };
  const keys = keysOf(source.file, placed);
  const drafts = placed.map((one, index) =>
    draftOf(one, keys[index] ?? { key: '', tag: null }, { source, lines, offsets }),
  );
  return { drafts, diagnostics: [] };
}

/** The scenarios of a feature. `offsets` are those of its lines, and of the end. */
function scenariosIn(feature: Feature, offsets: readonly number[]): Placed[] {
  const sharing = new Sharing();
  const sizeOf = ([from, to]: Placed['ranges'][number]): number => (offsets[to - 1] ?? 0) - (offsets[from - 1] ?? 0);
  const inside = (holder: Feature | Rule, to: number, around: Omit<Placed, 'scenario'>): Placed[] => {
    const children: readonly FeatureChild[] = holder.children;
    const parts = children.flatMap(({ scenario, rule }) => scenario ?? rule ?? []);
    const whole: Omit<Placed, 'scenario'> = {
      ...{ language: around.language, rule: around.rule, isShared: around.isShared },
      backgrounds: [...around.backgrounds, ...children.flatMap(({ background }) => background ?? [])],
      tags: [...around.tags, ...holder.tags],
      ranges: [...around.ranges, [firstLine(holder), parts[0] ? firstLine(parts[0]) : to]],
    };
    // Backgrounds and tags are in these ranges, too: they are in the body, and in the criterion or the labels.
    const size = 2 * whole.ranges.reduce((sum, range) => sum + sizeOf(range), 0);
    const alone = { ...whole, backgrounds: [], tags: [], ranges: [], isShared: false };
    return parts.flatMap((part, index): Placed[] => {
      const here = sharing.take(size, true) ? whole : alone;
      const next = parts[index + 1];
      const until = next ? firstLine(next) : to;
      if ('children' in part) return inside(part, until, { ...here, rule: part });
      return [
        {
          ...here,
          scenario: part,
          tags: [...here.tags, ...part.tags],
          ranges: [...here.ranges, [firstLine(part), until]],
        },
      ];
    });
  };
  const none = { rule: null, backgrounds: [], tags: [], ranges: [], isShared: true };
  return inside(feature, offsets.length, { language: feature.language, ...none });
}

/** The line of a part, or of its first tag. */
function firstLine({ tags, location }: Feature | Rule | Scenario): number {
  return Math.min(location.line, ...tags.map((tag) => tag.location.line));
}

/** Tags that exclude a scenario in most runners. */
const skipped = /^@(?:ignored?|skip(?:ped)?|disabled|draft)$/i;

const noSteps = {
  code: 'no-steps' as const,
  message: 'this scenario has no steps, so nothing could show that it is done; it is never run',
  hint: 'Write what must hold as steps: Given, When, Then.',
};
const noExamples = {
  code: 'no-examples' as const,
  message: 'this scenario outline has no examples, so nothing could show that it is done; it is never run',
  hint: 'Write a table below "Examples:", or make it a scenario.',
};

/** True for an outline, or a scenario with tables of examples, without a single example. */
function lacksExamples({ scenario: { keyword, examples }, language }: Placed): boolean {
  const isOutline = examples.length > 0 || own(dialects, language)?.scenarioOutline.includes(keyword) === true;
  return isOutline && !examples.some(({ tableBody }) => tableBody.length > 0);
}

function draftOf(placed: Placed, { key, tag }: ScenarioKey, file: Lines): Draft {
  const { scenario, rule, tags, ranges, isShared } = placed;
  const { source, lines, offsets } = file;
  const { line } = scenario.location;
  const shown = lines[line - 1] ?? '';
  const start = (offsets[line - 1] ?? 0) + shown.length - shown.trimStart().length;
  const length = shown.trim().length;
  const hold = tags.find(({ name }) => skipped.test(name));
  const labels = new Set(tags.map(({ name }) => name.replace(/^@/, '')));
  const steps = stepsIn(scenario, file, line, ranges.at(-1)?.[1] ?? line);
  const problem = steps.length === 0 ? noSteps : lacksExamples(placed) ? noExamples : null;
  const criteria = problem === null ? [criterionIn(placed, steps, { source, start })] : [];
  return {
    ...{ key, isKeyExplicit: tag !== null, file: source.file, files: [source.file], line },
    title: scenario.name || rule?.name || fold(scenario.steps[0]?.text ?? '') || scenario.keyword,
    body: ranges
      .map(([from, to]) =>
        lines
          .slice(from - 1, to - 1)
          .join('\n')
          .replaceAll('\r', '')
          .replace(/^\s*\n/, '')
          .trimEnd(),
      )
      .join('\n\n'),
    keys: { labels: [...labels].filter((label) => label !== tag) },
    criteria,
    marks: [],
    isDone: false,
    ...(hold ? { hold: `is tagged ${hold.name}` } : {}),
    problems: hold
      ? []
      : [
          ...(problem === null ? [] : [errorAt(source, { offset: start, length }, problem)]),
          ...(isShared ? [] : [sharedTooLarge(source, { offset: start, length })]),
        ],
    where: () => locate(source.text, start, length),
  };
}

/** A step in Markdown that is no bullet, which Cucumber takes for prose. */
const proseStep = /^\s*(?:\d{1,9}[.)]\s+|>\s*)?[*_]{0,2}(?:Given|When|Then|And|But)\b/;

/** The steps of a scenario; without any, the lines that begin like one in Markdown. */
function stepsIn({ steps }: Scenario, { source, lines }: Lines, from: number, to: number): string[] {
  if (steps.length > 0 || !/\.md$/i.test(source.file)) return steps.map(stepText);
  return lines.slice(from, to - 1).filter((line) => proseStep.test(line.slice(0, 100)));
}

/** The steps of a scenario and its backgrounds, with their texts and tables, and its examples. */
function criterionIn(
  { scenario, backgrounds }: Placed,
  steps: readonly string[],
  place: { readonly source: Source; readonly start: number },
): ParsedCriterion {
  const text = [
    ...backgrounds.flatMap((one) => (one.steps.length === 0 ? [] : [`${one.keyword}:`, ...one.steps.map(stepText)])),
    `${scenario.keyword}: ${scenario.name}`,
    ...steps,
    ...scenario.examples.map(({ keyword, name, tableHeader, tableBody }) =>
      [`${keyword}: ${name}`, ...(tableHeader ? [tableHeader, ...tableBody] : []).map(rowText)].join('\n'),
    ),
  ].join('\n');
  return { ...criterionOf({ ...place, text, commands: [], position: 0 }), problems: [] };
}

function stepText({ keyword, text, docString, dataTable }: Step): string {
  const quoted = docString ? [docString.delimiter, docString.content, docString.delimiter] : [];
  return [`${keyword}${text}`, ...quoted, ...(dataTable?.rows ?? []).map(rowText)].join('\n');
}

function rowText({ cells }: TableRow): string {
  return `| ${cells.map(({ value }) => value.replaceAll('|', '\\|')).join(' | ')} |`;
}
