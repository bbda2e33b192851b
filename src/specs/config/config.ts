import path from 'node:path';
import { type Config, configSchema } from '../../model/config.ts';
import { type Diagnostic, InputError } from '../../model/diagnostic.ts';
import { PathRefused, readConfined } from '../../util/files/confined-file.ts';
import { check } from '../text/issues.ts';
import { readJson } from '../text/json.ts';
import { builtInRecipes } from '../../model/recipe.ts';
import { suggest } from '../text/suggest.ts';

/** The name of the configuration file. */
export const configName = 'backlog.config.json';

/** A configuration and where it came from. */
export interface LoadedConfig {
  readonly config: Config;
  /** Absolute path of the file; null when there is none and defaults hold. */
  readonly file: string | null;
  /** Absolute path of the folder that relative paths in it start from. */
  readonly base: string;
  /** Absolute path of the folder that paths in it must not leave. */
  readonly root: string;
  /** What the file says, without defaults. */
  readonly data: unknown;
  /** The file, line and column of a key, for diagnostics. */
  readonly where: (key: string) => Partial<Diagnostic>;
}

/** The most that a configuration may have. */
const maxConfigBytes = 1024 * 1024;

/** The text of a configuration; null when there is none. */
function readConfigText(folder: string, file: string): string | null {
  try {
    return readConfined(folder, configName, maxConfigBytes)?.toString('utf8') ?? null;
  } catch (cause) {
    const message =
      cause instanceof PathRefused
        ? cause.message
        : `the configuration cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`;
    throw new InputError([{ severity: 'error', code: 'config-unreadable', message, file }]);
  }
}

/**
 * Reads `backlog.config.json` from the first of `folders` that has one. Problems are thrown as an `InputError` with
 * file, line, column and the key; `shown` says how a path is shown.
 */
export function loadConfig(
  folders: readonly [string, ...string[]],
  shown: (absolute: string) => string = (absolute) => absolute,
): LoadedConfig {
  const root = folders.at(-1) ?? folders[0]; // of nested folders, the last holds the others
  for (const folder of folders) {
    const file = path.join(folder, configName);
    const text = readConfigText(folder, file);
    if (text === null) continue;
    const name = shown(file);
    const read = readJson({ file: name, text });
    if ('severity' in read) throw new InputError([read]);
    const checked = check(configSchema, read.data, 'the configuration');
    if ('problems' in checked) {
      throw new InputError(
        checked.problems.map(({ isKey, path: at, ...problem }) => ({
          ...{ severity: 'error', ...problem, file: name },
          ...(isKey ? read.whereKey(at) : read.where(at)),
        })),
      );
    }
    const config = checked.value;
    const { gates, phases } = config;
    for (const phase of Object.keys(gates)) {
      if (phases.includes(phase)) continue;
      const similar = suggest(phase, phases);
      throw new InputError([
        {
          severity: 'error',
          code: 'unknown-phase',
          message: `there is a gate for phase "${phase}", but no such phase`,
          hint: similar === null ? 'Name the phase under "phases".' : `Did you mean "${similar}"?`,
          file: name,
          ...read.whereKey(['gates', phase]),
        },
      ]);
    }
    const { recipe, recipes, rules } = config;
    const named = [
      { name: recipe, at: ['recipe'] },
      ...rules.map((rule, index) => ({ name: rule.recipe ?? 'auto', at: ['rules', index, 'recipe'] })),
    ];
    const known = ['auto', ...Object.keys(builtInRecipes), ...Object.keys(recipes)];
    const wrong = named.find(({ name }) => !known.includes(name));
    if (wrong) {
      const similar = suggest(wrong.name, known);
      throw new InputError([
        {
          severity: 'error',
          code: 'unknown-recipe',
          message: `there is no recipe "${wrong.name}"`,
          hint: similar === null ? `There are: ${known.join(', ')}.` : `Did you mean "${similar}"?`,
          file: name,
          ...read.where(wrong.at),
        },
      ]);
    }
    return {
      config,
      file,
      base: folder,
      root,
      data: read.data,
      where: (key) => ({ file: name, ...read.where(key.split('.')) }),
    };
  }
  return {
    config: configSchema.parse({}),
    file: null,
    base: folders[0],
    root,
    data: {},
    where: () => ({}),
  };
}
