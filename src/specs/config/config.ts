import path from 'node:path';
import { type Config, configSchema } from '../../model/config.ts';
import { type Diagnostic, InputError } from '../../model/diagnostic.ts';
import { PathRefused, readConfined } from '../../util/files/confined-file.ts';
import { addressProblem, commandProblem, hookEvents, type HookEvent, webhookProblem } from '../../model/hooks.ts';
import { own } from '../../util/values/own.ts';
import { check } from '../text/issues.ts';
import { readJson } from '../text/json.ts';
import type { Source } from '../text/source.ts';
import { builtInRecipes } from '../../model/recipe.ts';
import { didYouMean } from '../../util/text/suggest.ts';

export const configName = 'backlog.config.json';

/** A configuration and its origin. */
export interface LoadedConfig {
  readonly config: Config;
  /** Absolute path of the file; null for the defaults. */
  readonly file: string | null;
  /** Absolute path of the folder that its paths are relative to. */
  readonly base: string;
  /** Absolute path of the folder that its paths must not leave. */
  readonly root: string;
  /** The content of the file, without defaults. */
  readonly data: unknown;
  /** The file, line and column of a key, for diagnostics. */
  readonly where: (key: string) => Partial<Diagnostic>;
}

const maxConfigBytes = 1024 * 1024;

/** The text of a configuration file; null if it does not exist. */
export function readConfigText(folder: string, file: string): string | null {
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
 * Reads `backlog.config.json` from the first of `folders` that has one. The last one contains the others. Throws an
 * `InputError` for every problem. `shown` converts paths for messages.
 */
export function loadConfig(
  folders: readonly [string, ...string[]],
  shown: (absolute: string) => string = (absolute) => absolute,
): LoadedConfig {
  const root = folders.at(-1) ?? folders[0];
  for (const folder of folders) {
    const file = path.join(folder, configName);
    const text = readConfigText(folder, file);
    if (text === null) continue;
    const { config, data, where } = readConfig({ file: shown(file), text });
    return { config, file, base: folder, root, data, where };
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

/** A configuration from its text. Throws an `InputError` for every problem. */
export function readConfig({ file: name, text }: Source): Pick<LoadedConfig, 'config' | 'data' | 'where'> {
  const read = readJson({ file: name, text });
  if ('severity' in read) throw new InputError([read]);
  const checked = check(configSchema, read.data, 'the configuration');
  if ('problems' in checked) {
    throw new InputError(
      checked.problems.map(({ isKey, path: at, ...problem }) => {
        const { sourceLine, ...place } = isKey ? read.whereKey(at) : read.where(at);
        // A line with a hook may have a secret.
        const isShown = at[0] !== 'on';
        return { ...{ severity: 'error', ...problem, file: name }, ...place, ...(isShown ? { sourceLine } : {}) };
      }),
    );
  }
  const config = checked.value;
  const { gates, phases, recipe, recipes, rules } = config;
  const refuse = (code: string, message: string, hint: string, place: Partial<Diagnostic>): never => {
    throw new InputError([{ severity: 'error', code, message, hint, file: name, ...place }]);
  };
  const phase = Object.keys(gates).find((one) => !phases.includes(one));
  if (phase !== undefined) {
    const message = `there is a gate for phase "${phase}", but no such phase`;
    const hint = didYouMean(phase, phases, 'Name the phase under "phases".');
    refuse('unknown-phase', message, hint, read.whereKey(['gates', phase]));
  }
  const named = [
    { name: recipe, at: ['recipe'] },
    ...rules.map((rule, index) => ({ name: rule.recipe ?? 'auto', at: ['rules', index, 'recipe'] })),
  ];
  const known = ['auto', ...Object.keys(builtInRecipes), ...Object.keys(recipes)];
  const wrong = named.find(({ name }) => !known.includes(name));
  if (wrong) {
    const hint = didYouMean(wrong.name, known, `There are: ${known.join(', ')}.`);
    refuse('unknown-recipe', `there is no recipe "${wrong.name}"`, hint, read.where(wrong.at));
  }
  for (const event of Object.keys(hookEvents) as HookEvent[])
    for (const hook of [config.on[event] ?? []].flat()) {
      const problem =
        typeof hook === 'string'
          ? commandProblem(hook)
          : 'command' in hook
            ? commandProblem(hook.command)
            : (webhookProblem(event) ?? addressProblem(hook));
      if (problem === null) continue;
      // The line may have a secret.
      const { line, column } = read.whereKey(['on', event]);
      refuse('bad-hook', `"on.${event}": ${problem.message}`, problem.hint, { line, column });
    }
  return { config, data: read.data, where: (key) => ({ file: name, ...read.where(pathOf(read.data, key)) }) };
}

/** The names and indexes that a key such as `limits.maxAgents` leads through, also those that are not there yet. */
export function keyPath(data: unknown, key: string): (string | number)[] {
  const parts = key.split('.');
  // A name that is there may have dots itself.
  for (let count = parts.length; count > 0; count--) {
    const name = parts.slice(0, count).join('.');
    const isIndex = Array.isArray(data) && /^\d+$/.test(name);
    const inner = typeof data === 'object' && data !== null ? own(data as Record<string, unknown>, name) : undefined;
    if (inner === undefined && count > 1 && !Object.hasOwn(hookEvents, name)) continue;
    const rest = parts.slice(count).join('.');
    return [isIndex ? Number(name) : name, ...(rest === '' ? [] : keyPath(inner, rest))];
  }
  return [];
}

/** The names that lead to a key; a name may have dots itself. */
function pathOf(data: unknown, key: string): string[] {
  const parts = key.split('.');
  for (let count = 1; count < parts.length; count++) {
    const name = parts.slice(0, count).join('.');
    const inner = typeof data === 'object' && data !== null ? own(data as Record<string, unknown>, name) : undefined;
    if (inner !== undefined) return [name, ...pathOf(inner, parts.slice(count).join('.'))];
  }
  return [key];
}
