import path from 'node:path';
import { backEnds } from '../../agents/configured/back-ends.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { shownNames } from '../../model/shown-name.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { listTree } from '../../repo/objects/tree.ts';
import { uncommittedFiles } from '../../repo/worktrees/working-tree.ts';
import { PathRefused, readConfined } from '../../util/files/confined-file.ts';
import { findJudges } from '../../verify/files/judges.ts';
import type { BaseTree } from '../../verify/commands/scripts.ts';
import { type Project, shownFrom } from './project.ts';
import { shellWord } from '../../util/text/shell-word.ts';

/** A command that will run on a commit, and where it is written. */
interface Written {
  readonly command: string;
  readonly cwd: string;
  readonly who: 'checks' | 'agents';
  readonly at: Pick<Diagnostic, 'file' | 'line' | 'column'>;
}

/** Files listed by name in one warning. */
const maxNamed = 3;
/** Maximum bytes of a script that are read. */
const maxScriptBytes = 1024 * 1024;

/**
 * Warns of files that a check or an agent names and that differ from the commit from which work starts: without them every
 * attempt fails, or an older test decides.
 */
export async function uncommittedWarnings(
  project: Project,
  repository: Repository,
  units: readonly UnitSpec[],
): Promise<Diagnostic[]> {
  const uncommitted = await uncommittedFiles(repository);
  if (uncommitted.size === 0) return [];
  const committed = (await listTree(repository, repository.head)).map((entry) => entry.path);
  const texts = new Map<string, string | null>();
  const before: BaseTree = {
    files: new Set([...committed, ...uncommitted.keys()]),
    read: async (file) => {
      const text = texts.get(file) ?? readText(repository.root, file);
      texts.set(file, text);
      return text;
    },
  };
  const found = new Map<string, Promise<readonly string[]>>();
  const namedBy = async ({ command, cwd }: Written): Promise<readonly string[]> => {
    const { scripts, helpers, observed, tests, named } = await findJudges([{ command, cwd }], before);
    return [...new Set([...named, ...scripts, ...tests, ...observed, ...helpers])].filter((file) =>
      uncommitted.has(file),
    );
  };
  const warnings = new Map<string, Diagnostic>();
  for (const written of [...commandsOfConfig(project), ...commandsOfUnits(units)]) {
    const key = `${written.cwd}\0${written.command}`;
    const files = found.get(key) ?? namedBy(written);
    found.set(key, files);
    for (const kind of ['new', 'changed'] as const) {
      const named = (await files).filter((file) => uncommitted.get(file) === kind);
      if (named.length === 0) continue;
      const warning = asWarning(written, named, kind);
      warnings.set(JSON.stringify(warning), warning); // a spec can stand for several units
    }
  }
  return shownFrom(project, [...warnings.values()]);
}

function asWarning({ who, at }: Written, files: readonly string[], kind: 'new' | 'changed'): SpecDiagnostic {
  const [is, has] = files.length === 1 ? ['is', 'has'] : ['are', 'have'];
  const sees = who === 'checks' ? 'checks run on commits only' : 'agents see committed files only';
  const what = kind === 'new' ? `${is} not committed` : `${has} changes that are not committed`;
  const words = files.slice(0, maxNamed).map(shellWord);
  return {
    severity: 'warning',
    code: 'not-committed',
    message: `${shownNames(files, maxNamed)} ${what}; ${sees}`,
    hint: `git add ${words.join(' ')} && git commit`,
    ...at,
  };
}

function commandsOfUnits(units: readonly UnitSpec[]): Written[] {
  return units.flatMap(({ criteria, cwd, file }) =>
    criteria.flatMap(({ command, line, file: own = file }) =>
      command === null ? [] : [{ command, cwd, who: 'checks' as const, at: { file: own, line, column: 1 } }],
    ),
  );
}

function commandsOfConfig({ folder, config, configFile }: Project): Written[] {
  const at = configFile === null ? {} : { file: path.relative(folder, configFile) };
  const { setup } = config;
  const checks = [
    ...(setup === undefined ? [] : [typeof setup === 'string' ? setup : setup.command]),
    ...Object.values(config.checks),
  ];
  const agents = Object.values(config.agents).flatMap((agent) => backEnds.of(agent).command ?? []);
  return [
    ...checks.map((command): Written => ({ command, cwd: '', who: 'checks', at })),
    ...agents.map((command): Written => ({ command, cwd: '', who: 'agents', at })),
  ];
}

function readText(root: string, file: string): string | null {
  try {
    return readConfined(root, file, maxScriptBytes)?.toString('utf8') ?? null;
  } catch (error) {
    if (!(error instanceof PathRefused)) throw error;
    return null; // a link, or too large
  }
}
