import path from 'node:path';
import { hasErrors } from '../../model/diagnostic.ts';
import type { SpecDiagnostic, SpecRule } from '../../model/spec-rule.ts';
import { idFromKey, type UnitId } from '../../model/ids.ts';
import { type Criterion, type UnitSpec, wholeText } from '../../model/unit.ts';
import { sha256 } from '../../util/values/hash.ts';
import { criterionHash, type ParsedCriterion } from '../format/criterion.ts';
import { criteriaHash } from '../format/draft.ts';
import type { End } from '../format/format.ts';
import { howToAsk } from '../formats/formats.ts';
import { isCancelled } from '../format/statuses.ts';
import type { Expanded } from './for-each.ts';
import { formerHashes } from '../format/former.ts';
import { withoutCode } from '../text/code.ts';
import { readSource } from '../text/source.ts';
import { didYouMean } from '../../util/text/suggest.ts';
import { oneLine } from '../../util/text/one-line.ts';
import { shellWord } from '../../util/text/shell-word.ts';

/** The names that a spec may refer to. */
export interface Names {
  /** Absolute path of the specs folder. */
  readonly folder: string;
  /** Phases in their order. */
  readonly phases: readonly string[];
  /** Names of configured agents. */
  readonly agents: readonly string[];
  /** Names of all recipes. */
  readonly recipes: readonly string[];
  /** Ids of units that the queue knows and whose specs are gone. */
  readonly retired?: ReadonlySet<string> | undefined;
  /** Ids of units that are no work, and what became of them. */
  readonly ended?: ReadonlyMap<string, End>;
}

/** The most unknown dependencies of a folder that are compared with all keys, since each comparison takes time. */
const mostCompared = 50;

/** Converts drafts to units: keys become ids, and every unknown name is a problem of its unit. */
export function resolve(expanded: readonly Expanded[], options: Names): UnitSpec[] {
  const known = new Map<string, Expanded>();
  for (const entry of expanded) known.set(idFromKey(entry.key), entry);
  const allKeys = [...known.values()].map((one) => one.key);
  let compared = 0;
  const suggestion = (name: string): string => {
    const like = compared++ < mostCompared ? didYouMean(name, allKeys) : undefined;
    return like ?? 'See "backlog list" for all ids.';
  };
  const units: UnitSpec[] = [];
  for (const { draft, key, forEachFile, doneTwins = 0 } of expanded) {
    const { keys } = draft;
    const problems: SpecDiagnostic[] = [...draft.problems];
    const problem = (code: SpecRule, message: string, path: readonly (string | number)[], hint?: string): void => {
      problems.push({
        severity: 'error',
        code,
        message: oneLine(message),
        ...(hint === undefined ? {} : { hint }),
        file: draft.file,
        line: draft.line,
        column: 1,
        ...draft.where(path),
      });
    };
    const endOf = (name: string, other: Expanded | undefined): End | null => {
      if (other !== undefined) {
        const { isDone, hold } = other.draft;
        return !isDone && hold !== undefined && isCancelled({ hold }) ? 'cancelled' : null;
      }
      return options.ended?.get(idFromKey(name)) ?? null;
    };
    let waits: string | null = null;
    const phaseIndex = (phase: string | undefined): number =>
      phase === undefined ? -1 : options.phases.indexOf(phase);

    const depends: UnitId[] = [];
    const met: UnitId[] = []; // the text stays the same when what it waits for is archived or removed
    for (const { name, index } of namesIn(keys.depends ?? [], known, options.ended)) {
      const other = known.get(idFromKey(name));
      if (!other && draft.isDone) continue; // it may be gone since
      const end = endOf(name, other);
      if (end !== null) {
        if (end === 'done') met.push(idFromKey(name));
        if (draft.isDone || end === 'done') continue;
        if (typeof end === 'object') {
          if (!('hold' in end)) continue; // what it stands for is a name of its own
          waits ??= `waits for "${name}", which ${end.hold}`;
          continue;
        }
        problems.push({
          severity: 'warning',
          code: 'cancelled-dependency',
          message: `"${name}" is ${end}, so this unit does not wait for it`,
          hint: 'Remove it from the dependencies.',
          ...{ file: draft.file, line: draft.line, column: 1, ...draft.where(['depends', index]) },
        });
        continue;
      }
      if (!other && options.retired?.has(idFromKey(name)) === true) {
        const hint = `Remove it from the dependencies if it is no longer needed, or restore its spec.`;
        problem('retired-dependency', `unit "${name}" is retired: its spec is gone`, ['depends', index], hint);
        continue;
      }
      if (!other) {
        const hint = suggestion(name);
        problem('unknown-dependency', `there is no unit "${name}"`, ['depends', index], hint);
        continue;
      }
      if (phaseIndex(other.draft.keys.phase) > phaseIndex(keys.phase) && keys.phase !== undefined) {
        problem('depends-on-later-phase', `"${name}" belongs to a later phase than this unit`, ['depends', index]);
      }
      depends.push(idFromKey(other.key));
    }
    for (const name of draft.after ?? []) {
      const id = idFromKey(name);
      if (known.has(id) && !depends.includes(id)) depends.push(id);
    }
    if (keys.phase !== undefined && phaseIndex(keys.phase) < 0) {
      const hint = didYouMean(keys.phase, options.phases, 'Name it under "phases" in backlog.config.json.');
      problem('unknown-phase', `there is no phase "${keys.phase}"`, ['phase'], hint);
    }
    if (keys.agent !== undefined && !options.agents.includes(keys.agent)) {
      problem(
        'unknown-agent',
        `there is no agent "${keys.agent}"`,
        ['agent'],
        `Configured: ${options.agents.join(', ') || 'none'}.`,
      );
    }
    const kind = keys.kind ?? 'change';
    if (keys.answer !== undefined && kind !== 'research')
      problem('answer-of-change', '"answer" belongs to "kind: research"', ['answer']);
    if (keys.recipe !== undefined && !options.recipes.includes(keys.recipe)) {
      const hint = didYouMean(keys.recipe, options.recipes, `There are: ${options.recipes.join(', ')}.`);
      problem('unknown-recipe', `there is no recipe "${keys.recipe}"`, ['recipe'], hint);
    } else if (keys.recipe === 'research' && kind !== 'research') {
      problem('recipe-of-kind', `recipe "${keys.recipe}" does not fit kind "${kind}"`, ['recipe']);
    }
    if (draft.title === '') problem('no-title', 'this unit has no title', []);
    let prompt: string | null = null;
    if (keys.prompt !== undefined) {
      const source = readSource(options.folder, path.join(path.dirname(draft.file), keys.prompt));
      if (source === null) problem('no-prompt', `there is no file "${keys.prompt}" beside this spec`, ['prompt']);
      else if ('severity' in source) problem('bad-prompt', promptProblem(keys.prompt, source), ['prompt'], source.hint);
      else prompt = source.text;
    }
    const fill = (text: string): string => (forEachFile === null ? text : text.replaceAll('{file}', () => forEachFile));
    const asCriterion = ({ criterion }: ParsedCriterion): Criterion => {
      if (forEachFile === null) return criterion;
      const text = fill(criterion.text);
      const command = criterion.command?.replaceAll('{file}', () => shellWord(forEachFile)) ?? null;
      return { ...criterion, text, command, hash: criterionHash({ text, command }), isTicked: null };
    };
    const own = draft.criteria.map(asCriterion);
    const criteria = [...own, ...(draft.borrowed ?? []).map(asCriterion)];
    const held = draft.hold ?? (keys.draft === true ? 'is a draft' : waits);
    const isOpen = !draft.isDone && held === null;
    const hold = isOpen && isTemplate(draft, criteria) ? 'is a template' : held;
    const unclear = isOpen ? unclearIn(draft, criteria) : null;
    if (unclear !== null && problems.every(({ code }) => code !== unclear.code)) problems.push(unclear);
    if (criteria.length === 0 && !hasErrors(problems) && !draft.isDone && hold === null) {
      problem(
        'no-criteria',
        'this unit has no acceptance criteria, so nothing could show that it is done; it is never run',
        [],
        `${howToAsk(draft.format)}: a check as "… — check: \`command\`", a claim in plain words, or "(human) …".`,
      );
    }
    const asked = {
      title: oneLine(fill(draft.title)),
      body: fill(draft.body),
      criteria: criteria.map(wholeText),
      kind,
      depends: [...depends, ...met].toSorted(),
      touches: (keys.touches ?? []).map(fill),
      contracts: keys.contracts ?? [],
      exclusive: keys.exclusive ?? null,
      phase: keys.phase ?? null,
      agent: keys.agent ?? null,
      answer: keys.answer === undefined ? null : fill(keys.answer),
      prompt,
      ...(keys.network === undefined ? {} : { network: keys.network }),
      ...(keys.skills === undefined ? {} : { skills: keys.skills }),
      ...(keys.cwd === undefined ? {} : { cwd: keys.cwd.replace(/^(?:\.\/)+|\/+$/g, '') }),
    };
    units.push({
      cwd: '',
      network: [],
      gate: null,
      recipe: keys.recipe ?? null,
      skills: [],
      ...asked,
      id: idFromKey(key),
      key,
      file: draft.file,
      line: draft.line,
      files: draft.files,
      criteria,
      depends,
      priority: keys.priority ?? 0,
      labels: keys.labels ?? [],
      format: draft.format,
      hold,
      isParallel: draft.isParallel === true,
      joins: draft.joins ?? { resolved: 0, dangling: 0 },
      isTicked: forEachFile === null && draft.isDone,
      ...(doneTwins > 0 ? { doneTwins } : {}),
      forEachFile,
      contentHash: contentHash(asked),
      criteriaHash: criteriaHash(own),
      ...formerHashes(own, (texts) =>
        contentHash({ ...asked, criteria: [...texts, ...asked.criteria.slice(own.length)] }),
      ),
      problems,
    });
  }
  return units;
}

/** The names of dependencies with their places, and instead of one that stands for others, those. */
function namesIn(
  depends: readonly string[],
  known: ReadonlyMap<string, Expanded>,
  ended: ReadonlyMap<string, End> | undefined,
): readonly { readonly name: string; readonly index: number }[] {
  const replaced = new Set<string>(); // also those in a circle
  const replace = (name: string): readonly string[] => {
    const id = idFromKey(name);
    const end = known.has(id) ? undefined : ended?.get(id);
    if (typeof end !== 'object' || 'hold' in end) return [name];
    if (replaced.has(id)) return [];
    replaced.add(id);
    return end.standsFor.flatMap(replace);
  };
  return depends.flatMap((name, index) => {
    const names = replace(name);
    const others = names.length === 1 && names[0] === name ? names : names.filter((one) => !depends.includes(one));
    return others.map((one) => ({ name: one, index }));
  });
}

function contentHash(asked: object): string {
  return sha256(JSON.stringify(asked)).slice(0, 32);
}

const placeholder = /\{\{[^{}]{0,200}\}\}/g;

/**
 * True for a unit that is still to be filled in: its title or a criterion is a placeholder, as in `{{title}}`, or its title has
 * one, and so do values in its text. A text that only mentions one, or shows it in code, is none.
 */
function isTemplate({ title, body }: Expanded['draft'], criteria: readonly Criterion[]): boolean {
  if (criteria.some(({ text }) => text.includes('{{') && isBlank(withoutCode(text), 0))) return true;
  if (!title.includes('{{')) return false;
  if (isBlank(withoutCode(title), 1)) return true;
  const lines = body.includes('{{') ? withoutCode(body).split('\n') : [];
  return lines.filter((line) => isBlank(line.replace(/^[^{}:]{1,60}:/, ''), 0)).length > 1;
}

/** True for a text of placeholders, with at most so many words besides them, as in `Story {{number}}: {{title}}`. */
function isBlank(text: string, words: number): boolean {
  const said = text.slice(0, 1000);
  const rest = said.replace(placeholder, ' ');
  return rest !== said && (rest.match(/\p{L}+/gu) ?? []).length <= words;
}

const clarification = '[NEEDS CLARIFICATION';

/** The error of a unit that its author has not decided yet; null without one. Code only shows the mark. */
function unclearIn(draft: Expanded['draft'], criteria: readonly Criterion[]): SpecDiagnostic | null {
  const says = (text: string): boolean => text.includes(clarification) && withoutCode(text).includes(clarification);
  const criterion = criteria.find(({ text }) => says(text));
  // A title has lost the marks of its code; its heading in the body has not.
  const isInTitle = !draft.body.includes(clarification) && says(draft.title);
  if (criterion === undefined && !isInTitle && !says(draft.body)) return null;
  return {
    severity: 'error',
    code: 'needs-clarification',
    message: 'this is not decided yet',
    hint: 'Answer it in the spec, and remove the mark "[NEEDS CLARIFICATION …]".',
    file: criterion?.file ?? draft.file,
    line: criterion?.line ?? draft.line,
    column: 1,
  };
}

function promptProblem(name: string, { message }: SpecDiagnostic): string {
  return `the prompt ${JSON.stringify(name)} is not read: ${message.replace(/\ba spec\b/g, 'a prompt')}`;
}
