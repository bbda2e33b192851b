import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import { hasErrors } from '../model/diagnostic.ts';
import { idFromKey, keyProblem, type UnitId } from '../model/ids.ts';
import { patternMatches } from '../model/path-pattern.ts';
import type { Criterion, UnitSpec } from '../model/unit.ts';
import { sha256 } from '../util/hash.ts';
import { criteriaHash, derivedKey, type Draft } from './draft.ts';
import { parseSpecFile } from './parse.ts';
import { readSource } from './source.ts';
import { suggest } from './suggest.ts';
import { isDraftTicked } from './tick.ts';
import { findSpecFiles } from './walk.ts';

/** What to read, and what its names may refer to. */
export interface ReadOptions {
  /** Absolute path of the specs folder. */
  readonly folder: string;
  /** Patterns of paths below the folder that hold no specs. */
  readonly ignore: readonly string[];
  /** Phases in their order. */
  readonly phases: readonly string[];
  /** Names of configured agents. */
  readonly agents: readonly string[];
  /** Paths in the target repository, for `for-each`. */
  readonly listTargetFiles: () => Promise<readonly string[]>;
}

/** A folder as units and diagnostics. */
export interface SpecFolder {
  /** In the order of files and lines. Units with errors are among them, with their `problems`. */
  readonly units: readonly UnitSpec[];
  /** What is wrong with the folder as a whole: with an error among them nothing may run. */
  readonly diagnostics: readonly Diagnostic[];
  readonly files: readonly { readonly file: string; readonly hash: string }[];
}

/** Reads every spec and followup of a folder into units; never throws for what the files hold. */
export async function readSpecs(options: ReadOptions): Promise<SpecFolder> {
  const found = await findSpecFiles(options.folder, options.ignore);
  const diagnostics: Diagnostic[] = [...found.diagnostics];
  const files: { file: string; hash: string }[] = [];
  const drafts: Draft[] = [];
  for (const file of found.files) {
    const source = await readSource(path.join(options.folder, file), file);
    if ('severity' in source) {
      diagnostics.push(source);
      continue;
    }
    files.push({ file, hash: sha256(source.text) });
    const parsed = parseSpecFile(source);
    drafts.push(...parsed.drafts);
    for (const diagnostic of parsed.diagnostics) drafts.push(brokenDraft(file, diagnostic));
  }
  if (!hasErrors(diagnostics) && drafts.length === 0) {
    diagnostics.push({
      severity: 'error',
      code: 'no-specs',
      message: `there is no spec in ${options.folder}`,
      hint: 'Write a Markdown file with "## Acceptance criteria" there, or use "backlog add".',
    });
  }
  const expanded = await expandForEach(drafts, options.listTargetFiles);
  diagnostics.push(...duplicateKeys(expanded));
  const units = await resolve(expanded, options);
  diagnostics.push(...cycles(units));
  return { units, diagnostics, files };
}

/** A file whose front matter cannot even be cut out still shows up, as a unit that cannot run. */
function brokenDraft(file: string, diagnostic: Diagnostic): Draft {
  const name = file.replace(/\.md$/i, '');
  return {
    key: derivedKey(name),
    isKeyExplicit: false,
    title: name,
    file,
    line: 1,
    body: '',
    keys: {},
    criteria: [],
    headBox: null,
    problems: [diagnostic],
    where: () => ({}),
  };
}

interface Expanded {
  readonly draft: Draft;
  readonly key: string;
  readonly forEachFile: string | null;
}

async function expandForEach(
  drafts: readonly Draft[],
  listFiles: () => Promise<readonly string[]>,
): Promise<Expanded[]> {
  const expanded: Expanded[] = [];
  for (const draft of drafts) {
    const patterns = draft.keys['for-each'];
    if (!patterns || patterns.length === 0) {
      expanded.push({ draft, key: draft.key, forEachFile: null });
      continue;
    }
    const files = (await listFiles()).filter((file) => patterns.some((pattern) => patternMatches(pattern, file)));
    if (files.length === 0) {
      const problem: Diagnostic = {
        severity: 'error',
        code: 'for-each-empty',
        message: `no file matches "for-each: ${patterns.join(', ')}"`,
        hint: 'Patterns are relative to the root of the target repository, and match committed files.',
        file: draft.file,
        ...draft.where(['for-each']),
      };
      expanded.push({ draft: { ...draft, problems: [...draft.problems, problem] }, key: draft.key, forEachFile: null });
    }
    for (const file of files) expanded.push({ draft, key: derivedKey(draft.key, file), forEachFile: file });
  }
  return expanded;
}

function duplicateKeys(expanded: readonly Expanded[]): Diagnostic[] {
  const first = new Map<string, Expanded>();
  const diagnostics: Diagnostic[] = [];
  for (const entry of expanded) {
    const id = entry.key.toLowerCase();
    const other = first.get(id);
    if (!other) first.set(id, entry);
    else {
      diagnostics.push({
        severity: 'error',
        code: 'duplicate-key',
        message: `"${entry.key}" stands for two units; the other is at ${other.draft.file}:${other.draft.line}`,
        hint: 'Give one of them another "id:" (case makes no difference).',
        file: entry.draft.file,
        line: entry.draft.line,
        column: 1,
        ...(entry.draft.isKeyExplicit ? entry.draft.where(['id']) : {}),
      });
    }
  }
  return diagnostics;
}

async function resolve(expanded: readonly Expanded[], options: ReadOptions): Promise<UnitSpec[]> {
  const known = new Map<string, Expanded>();
  for (const entry of expanded) if (keyProblem(entry.key) === null) known.set(entry.key.toLowerCase(), entry);
  const units: UnitSpec[] = [];
  for (const { draft, key, forEachFile } of expanded) {
    const { keys } = draft;
    const problems: Diagnostic[] = [...draft.problems];
    const problem = (code: string, message: string, path: readonly (string | number)[], hint?: string): void => {
      problems.push({
        severity: 'error',
        code,
        message,
        ...(hint === undefined ? {} : { hint }),
        file: draft.file,
        line: draft.line,
        column: 1,
        ...draft.where(path),
      });
    };
    if (keyProblem(key) !== null) continue; // derived keys are always usable; explicit ones were refused in their own file
    const phaseIndex = (phase: string | undefined): number =>
      phase === undefined ? -1 : options.phases.indexOf(phase);

    const depends: UnitId[] = [];
    for (const [index, name] of (keys.depends ?? []).entries()) {
      const other = known.get(name.toLowerCase());
      if (!other) {
        const similar = suggest(name, [...known.keys()]);
        problem(
          'unknown-dependency',
          `there is no unit "${name}"`,
          ['depends', index],
          similar === null ? 'See "backlog list" for all ids.' : `Did you mean "${similar}"?`,
        );
        continue;
      }
      if (phaseIndex(other.draft.keys.phase) > phaseIndex(keys.phase) && keys.phase !== undefined) {
        problem('depends-on-later-phase', `"${name}" belongs to a later phase than this unit`, ['depends', index]);
      }
      depends.push(idFromKey(other.key));
    }
    if (keys.phase !== undefined && phaseIndex(keys.phase) < 0) {
      const similar = suggest(keys.phase, options.phases);
      problem(
        'unknown-phase',
        `there is no phase "${keys.phase}"`,
        ['phase'],
        similar === null ? 'Name it under "phases" in backlog.config.json.' : `Did you mean "${similar}"?`,
      );
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
    if (keys.recipe !== undefined && (keys.recipe === 'research') !== (kind === 'research')) {
      problem('recipe-of-kind', `recipe "${keys.recipe}" does not fit kind "${kind}"`, ['recipe']);
    }
    if (draft.title === '') problem('no-title', 'this unit has no title', []);
    let prompt: string | null = null;
    if (keys.prompt !== undefined) {
      prompt = await readPrompt(options.folder, draft.file, keys.prompt);
      if (prompt === null) problem('no-prompt', `there is no file "${keys.prompt}" beside this spec`, ['prompt']);
    }
    const fill = (text: string): string => (forEachFile === null ? text : text.replaceAll('{file}', () => forEachFile));
    const criteria = draft.criteria.map(({ criterion }): Criterion => {
      if (forEachFile === null) return criterion;
      const text = fill(criterion.text);
      const command = criterion.command?.replaceAll('{file}', () => shellQuote(forEachFile)) ?? null;
      return { ...criterion, text, command, hash: sha256(text).slice(0, 16), isTicked: null };
    });
    if (criteria.length === 0 && !hasErrors(problems)) {
      problem(
        'no-criteria',
        'this unit has no acceptance criteria, so nothing could show that it is done; it is never run',
        [],
        'Add "## Acceptance criteria" with a list: a check as "… — check: `command`", a claim in plain words, or "(human) …".',
      );
    }
    const asked = {
      title: fill(draft.title),
      body: fill(draft.body),
      criteria: criteria.map((c) => c.text),
      kind,
      depends: depends.toSorted(),
      touches: (keys.touches ?? []).map(fill),
      contracts: keys.contracts ?? [],
      exclusive: keys.exclusive ?? null,
      phase: keys.phase ?? null,
      agent: keys.agent ?? null,
      answer: keys.answer === undefined ? null : fill(keys.answer),
      prompt,
    };
    units.push({
      ...asked,
      id: idFromKey(key),
      key,
      file: draft.file,
      line: draft.line,
      criteria,
      depends,
      priority: keys.priority ?? 0,
      labels: keys.labels ?? [],
      isTicked: forEachFile === null && isDraftTicked(draft),
      forEachFile,
      contentHash: sha256(JSON.stringify(asked)).slice(0, 32),
      criteriaHash: criteriaHash(criteria),
      problems,
    });
  }
  return units;
}

async function readPrompt(folder: string, specFile: string, name: string): Promise<string | null> {
  const absolute = path.resolve(folder, path.dirname(specFile), name);
  if (path.relative(folder, absolute).startsWith('..')) return null;
  try {
    return await readFile(absolute, 'utf8');
  } catch {
    return null; // told as a diagnostic of the unit
  }
}

function shellQuote(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** One diagnostic for every cycle of dependencies, told as the path that closes it. */
function cycles(units: readonly UnitSpec[]): Diagnostic[] {
  const byId = new Map(units.map((unit) => [unit.id, unit]));
  const state = new Map<UnitId, 'open' | 'closed'>();
  const diagnostics: Diagnostic[] = [];
  // Depth first with an explicit stack: a chain of ten thousand units must not overflow ours.
  for (const root of units) {
    const path: { unit: UnitSpec; next: number }[] = [];
    if (!state.has(root.id)) {
      path.push({ unit: root, next: 0 });
      state.set(root.id, 'open');
    }
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const dependency = top.unit.depends[top.next++];
      if (dependency === undefined) {
        state.set(top.unit.id, 'closed');
        path.pop();
        continue;
      }
      const seen = state.get(dependency);
      const other = byId.get(dependency);
      if (seen === 'open') {
        const from = path.findIndex((step) => step.unit.id === dependency);
        const loop = [...path.slice(from).map((step) => step.unit.key), byId.get(dependency)?.key ?? dependency];
        diagnostics.push({
          severity: 'error',
          code: 'dependency-cycle',
          message: `units depend on each other in a circle: ${loop.join(' → ')}`,
          hint: 'Remove one of these dependencies.',
          file: top.unit.file,
          line: top.unit.line,
          column: 1,
        });
      } else if (seen === undefined && other) {
        state.set(dependency, 'open');
        path.push({ unit: other, next: 0 });
      }
    }
  }
  return diagnostics;
}
