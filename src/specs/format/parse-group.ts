import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { oneLine } from '../../util/text/one-line.ts';
import { errorAt, type Source } from '../text/source.ts';
import { TooCostly } from '../text/too-costly.ts';
import { conflictIn } from './conflicts.ts';
import { type Draft, marksOf } from './draft.ts';
import type { Group, NotWork, Parsed, Reader } from './format.ts';
import { withBoundedLists } from './sharing.ts';
import { heldByTitle } from './title-says.ts';
import { unreadBoxes } from './unread-boxes.ts';

/**
 * Parses files that are read together, in time proportional to their size. Never throws for their content: what would take
 * longer is a diagnostic.
 */
export function parseGroup({ reader, sources }: Group): Parsed {
  try {
    const conflicts = reader.isAside === true ? [] : sources.flatMap((source) => conflictIn(source) ?? []);
    if (conflicts.length > 0) return { drafts: [], diagnostics: conflicts };
    const { drafts, diagnostics, notWork } = reader.parse(sources);
    const waived = drafts.flatMap(waivedIn);
    const unread = reader.isAside === true ? [] : unreadBoxes(drafts, sources, notWork ?? []);
    return {
      drafts: withBoundedLists(drafts).map((draft) => inLines(heldAsSaid(withDone(withoutWaived(draft)), reader))),
      diagnostics: diagnostics.map(told),
      ...(notWork === undefined && waived.length + unread.length === 0
        ? {}
        : { notWork: [...(notWork ?? []).map(asideInLines), ...waived, ...unread] }),
    };
  } catch (error) {
    const refusal = refusalOf(error, sources);
    if (refusal === null) throw error;
    return { drafts: [], diagnostics: [refusal] };
  }
}

/** A unit is done if all of its marks say so, whatever else its format takes as a sign: that is what a tick writes. */
function withDone(draft: Draft): Draft {
  const marks = marksOf(draft);
  return draft.isDone || marks.length === 0 || marks.some(({ isDone }) => !isDone) ? draft : { ...draft, isDone: true };
}

/** An open unit whose title says that it is done, given up or must not be begun yet is held, whatever its format. */
function heldAsSaid(draft: Draft, { isOfScenarios }: Reader): Draft {
  if (draft.isDone || draft.hold !== undefined || isOfScenarios === true) return draft;
  const hold = heldByTitle(draft.title);
  return hold === null ? draft : { ...draft, hold };
}

function waivedIn({ file, criteria }: Draft): NotWork[] {
  return criteria.flatMap(({ isWaived, criterion }) =>
    isWaived === true
      ? [{ file: criterion.file ?? file, line: criterion.line, why: 'criteria that do not apply' }]
      : [],
  );
}

function withoutWaived(draft: Draft): Draft {
  if (!draft.criteria.some(({ isWaived }) => isWaived === true)) return draft;
  const left = draft.criteria.filter(({ isWaived }) => isWaived !== true);
  return {
    ...draft,
    criteria: left.map((one, position) => ({ ...one, criterion: { ...one.criterion, position } })),
  };
}

/** A draft whose names are lines, whatever its file has in them: JSON and YAML may have breaks and controls in any text. */
function inLines(draft: Draft): Draft {
  const { key, title, hold, after, twin, keys, problems } = draft;
  const { depends, labels } = keys;
  return {
    ...draft,
    key: named(key),
    title: oneLine(title),
    ...(hold === undefined ? {} : { hold: oneLine(hold) }),
    ...(after === undefined ? {} : { after: after.map(named) }),
    ...(twin === undefined ? {} : { twin: named(twin) }),
    keys: {
      ...keys,
      ...(depends === undefined ? {} : { depends: depends.map(named) }),
      ...(labels === undefined ? {} : { labels: labels.map(oneLine) }),
    },
    problems: problems.map(told),
  };
}

function asideInLines(one: NotWork): NotWork {
  return one.key === undefined ? one : { ...one, key: named(one.key) };
}

/** A key as a line that is not empty. */
function named(key: string): string {
  return oneLine(key) || '\uFFFD';
}

function told(problem: SpecDiagnostic): SpecDiagnostic {
  return { ...problem, message: oneLine(problem.message) };
}

function refusalOf(error: unknown, sources: readonly Source[]): ReturnType<typeof errorAt> | null {
  const [first] = sources;
  if (first === undefined) return null;
  if (error instanceof TooCostly) {
    // What was parsed is a file without its front matter, or a text from a file.
    const source = sources.find(({ text }) => text.endsWith(error.text)) ?? first;
    const start = source.text.endsWith(error.text) ? source.text.length - error.text.length + error.offset : 0;
    const { what, hint } = error.costly;
    return errorAt(source, { offset: start, length: 40 }, { code: 'spec-too-costly' as const, message: what, hint });
  }
  if (!(error instanceof RangeError)) return null; // stack overflow
  const problem = {
    code: 'spec-too-costly' as const,
    message: 'its values are nested too deeply',
    hint: 'Flatten them.',
  };
  return errorAt(first, { offset: 0, length: 40 }, problem);
}
