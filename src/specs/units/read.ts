import { type Diagnostic, hasErrors } from '../../model/diagnostic.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { sha256 } from '../../util/values/hash.ts';
import { cycles } from './cycles.ts';
import { derivedKey, type Draft, stem } from '../format/draft.ts';
import { parseGroup } from '../format/parse-group.ts';
import { type Expanded, expandForEach } from './for-each.ts';
import { type Names, resolve } from './resolve.ts';
import { readSource, type Source } from '../text/source.ts';
import { findSpecs } from './walk.ts';

/** What to read, and what its names may refer to. */
export interface ReadOptions extends Names {
  /** Patterns of paths below the folder that hold no specs. */
  readonly ignore: readonly string[];
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
  const found = findSpecs(options.folder, options.ignore);
  const diagnostics: Diagnostic[] = [...found.diagnostics];
  const files: { file: string; hash: string }[] = [];
  const drafts: Draft[] = [];
  for (const claim of found.claims) {
    const sources: Source[] = [];
    for (const file of claim.files) {
      const source = readSource(options.folder, file);
      if (source === null) continue; // it went away meanwhile
      if ('severity' in source) diagnostics.push(source);
      else sources.push(source);
    }
    const [first] = sources;
    if (first === undefined) continue;
    files.push(...sources.map(({ file, text }) => ({ file, hash: sha256(text) })));
    const parsed = parseGroup({ reader: await claim.format.load(), sources });
    drafts.push(...parsed.drafts);
    for (const diagnostic of parsed.diagnostics) drafts.push(brokenDraft(diagnostic.file ?? first.file, diagnostic));
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
  const units = resolve(expanded, options);
  diagnostics.push(...cycles(units));
  return { units, diagnostics, files };
}

/** A file that cannot even be taken apart still shows up, as a unit that cannot run. */
function brokenDraft(file: string, diagnostic: Diagnostic): Draft {
  const name = stem(file);
  return {
    key: derivedKey(name),
    isKeyExplicit: false,
    title: name,
    file,
    files: [file],
    line: 1,
    body: '',
    keys: {},
    criteria: [],
    marks: [],
    isDone: false,
    problems: [diagnostic],
    where: () => ({}),
  };
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
