import path from 'node:path';
import { inputError } from '../../../model/diagnostic.ts';
import { configName, keyPath, readConfig, readConfigText } from '../../../specs/config/config.ts';
import { didYouMean } from '../../../util/text/suggest.ts';
import { isTooDeep } from '../../../specs/text/json.ts';
import { editJson } from '../../../specs/text/json-edit.ts';
import { writeConfined } from '../../../util/files/confined-file.ts';
import { own } from '../../../util/values/own.ts';
import { pathFrom } from '../../../util/files/path-from.ts';
import { oneAtATime } from '../../project/locks.ts';
import { openProject, type Project } from '../../project/project.ts';
import { verb } from '../verb.ts';

/** Where a value comes from: the file, the defaults, or the file but without effect before the user consents. */
export type ConfigOrigin = 'file' | 'default' | 'withheld';

/** The effective configuration, or a value in it. */
export const configGet = verb(
  (z) => z.strictObject({ folder: z.string(), key: z.string().nullable().default(null) }),
  async (asker, { folder, key }) => {
    const project = await openProject(asker, folder);
    const file = project.configFile === null ? null : pathFrom(asker.shownFrom, project.configFile);
    const withheld = project.consent.withheld.map((one) => one.key);
    if (key === null)
      return { kind: 'config-value' as const, file, key, value: project.config, origin: null, withheld };
    const at = keyPath(project.config, key);
    const value = valueAt(project.config, at);
    // A key may be unset, or named only where consent is missing.
    const written = valueAt(project.written, keyPath(project.written, key));
    if (value === undefined && written === undefined) throw unknownKey(project, key);
    const isWithheld = withheld.some((one) => one === key || key.startsWith(`${one}.`));
    const data = project.configFile === null ? {} : dataOf(project);
    const origin: ConfigOrigin = isWithheld
      ? 'withheld'
      : valueAt(data, keyPath(data, key)) === undefined
        ? 'default'
        : 'file';
    return { kind: 'config-value' as const, file, key, value: isWithheld ? written : value, origin, withheld };
  },
);

/**
 * Changes a value in the configuration's file, or takes it out of it (null). The text is JSON, or a string. Nothing is
 * written that a run would refuse.
 */
export const configSet = verb(
  (z) => z.strictObject({ folder: z.string(), key: z.string(), text: z.string().nullable() }),
  async (asker, { folder, key, text }) => {
    const project = await openProject(asker, folder);
    const at = project.configFile === null ? project.folder : path.dirname(project.configFile);
    const file = path.join(at, configName);
    const name = pathFrom(asker.shownFrom, file);
    const change = (): { readonly before: string | null; readonly after: string | null } => {
      const before = readConfigText(at, file);
      return { before, after: changed({ file: name, text: before ?? '{}\n' }, key, text) };
    };
    change(); // what is refused leaves nothing behind, not even the lock
    const isChanged = await oneAtATime(project, async () => {
      const { before, after } = change();
      if (after === null || after === before) return false;
      writeConfined(at, configName, after);
      return true;
    });
    if (!isChanged) return { kind: 'config-set' as const, file: name, key, isChanged, withheld: [] };
    const { consent } = await openProject(asker, folder);
    return {
      ...{ kind: 'config-set' as const, file: name, key, isChanged },
      withheld: consent.withheld.map((one) => one.key),
    };
  },
);

/** The text of a configuration with another value, or without one (null); null if there is nothing to take away. */
function changed(
  source: { readonly file: string; readonly text: string },
  key: string,
  text: string | null,
): string | null {
  const { data } = readConfig(source);
  const place = keyPath(data, key);
  if (text === null && valueAt(data, place) === undefined) return null;
  const texts = valuesOf(text).map((value) => editJson(source.text, place, value));
  return firstThatHolds(texts, source.file);
}

/** What a text can mean: the value that it is as JSON, or itself; `undefined` takes a value away. */
function valuesOf(text: string | null): readonly unknown[] {
  if (text === null) return [undefined];
  if (isTooDeep(text)) throw inputError('bad-value', 'the value is nested too deeply', 'Nest it less.');
  try {
    return [JSON.parse(text), text];
  } catch {
    return [text];
  }
}

/** The first text that is a valid configuration. Throws what is wrong with the first of them. */
function firstThatHolds(texts: readonly string[], file: string): string {
  let wrong: unknown = null;
  for (const text of texts)
    try {
      readConfig({ file, text });
      return text;
    } catch (error) {
      wrong ??= error;
    }
  throw wrong;
}

function dataOf({ configFile }: Project): unknown {
  if (configFile === null) return {};
  const text = readConfigText(path.dirname(configFile), configFile);
  return text === null ? {} : readConfig({ file: configFile, text }).data;
}

function valueAt(data: unknown, at: readonly (string | number)[]): unknown {
  let value = data;
  for (const name of at) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = own(value as Record<string, unknown>, String(name));
  }
  return value;
}

function unknownKey({ config }: Project, key: string): Error {
  const parts = key.split('.');
  const around = valueAt(config, parts.slice(0, -1));
  const isThere = typeof around === 'object' && around !== null;
  const known = isThere
    ? Object.keys(around).map((name) => [...parts.slice(0, -1), name].join('.'))
    : Object.keys(config);
  return inputError(
    'unknown-key',
    `there is no value at "${key}"`,
    didYouMean(key, known, 'See "backlog config get".'),
  );
}
