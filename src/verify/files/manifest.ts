import { looksLikeTestPart, looksLikeVerification } from './judge-files.ts';

/*
 * `package.json` is protected by key: a unit may add a dependency, a script or a description, but not change how checks
 * run.
 */

/** Keys that any unit may change. */
const open = new Set(
  (
    'description keywords author contributors maintainers license homepage bugs repository funding version private ' +
    'files man types typings sideEffects'
  ).split(' '),
);

/** Keys that hold paths: open except for paths to files that judge. */
const leading = new Set(['bin', 'exports', 'main', 'module', 'browser', 'directories']);

/** Maps to which any unit may add entries but in which it may change none. */
const growing = new Set([
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'scripts',
]);

const lifecycle =
  /^(?:pre|post)|^(?:install|prepare|prepack|prepublish|prepublishOnly|test|start|stop|restart|dependencies)$/;

type Json = Record<string, unknown>;

/** A manifest with forbidden changes reverted, and the keys that were reverted. */
interface MendedManifest {
  readonly text: string;
  readonly keys: readonly string[];
}

/**
 * Reverts the forbidden changes of a manifest; null if there are none. `commands` are the checks: a unit must not add a
 * script that one of them names. A manifest that is no JSON object is reverted whole.
 */
export function mendManifest(before: string, after: string, commands: readonly string[]): MendedManifest | null {
  const [old, now] = [parse(before), parse(after)];
  if (old === null) return null; // the base's manifest is unreadable: there is nothing to compare with
  if (now === null) return { text: before, keys: ['all of it'] };
  const words = new Set(commands.flatMap((command) => command.split(/[\s;&|()'"`]+/)));
  const keys: string[] = [];
  const result = Object.create(null) as Json; // a key may be called `__proto__`
  for (const key of new Set([...Object.keys(now), ...Object.keys(old)])) {
    const [was, is] = [old[key], now[key]];
    if (open.has(key) || same(was, is)) {
      if (is !== undefined) result[key] = is;
    } else if (leading.has(key)) {
      const kept = keepLeads(was, is);
      if (!same(kept, is)) keys.push(key);
      if (kept !== undefined) result[key] = kept;
    } else if (growing.has(key) && (was === undefined || isMap(was)) && isMap(is)) {
      const mayAdd = (name: string, value: unknown): boolean =>
        key === 'scripts' ? !lifecycle.test(name) && !words.has(name) : isPlainDependency(value);
      const merged = grow(isMap(was) ? was : {}, is, mayAdd);
      if (!same(merged, is)) keys.push(key);
      if (Object.keys(merged).length > 0 || was !== undefined) result[key] = merged;
    } else {
      keys.push(key);
      if (was !== undefined) result[key] = was;
    }
  }
  if (keys.length === 0) return null;
  const indent = /^[ \t]+/m.exec(before)?.[0] ?? '  ';
  return { text: `${JSON.stringify(result, null, indent)}\n`, keys };
}

/** The old entries, and of the new ones those that may be added, in the new order. */
function grow(was: Json, is: Json, mayAdd: (name: string, value: unknown) => boolean): Json {
  const merged = Object.create(null) as Json;
  for (const [name, value] of Object.entries(is)) {
    if (Object.hasOwn(was, name)) merged[name] = was[name];
    else if (mayAdd(name, value)) merged[name] = value;
  }
  for (const [name, value] of Object.entries(was)) if (!Object.hasOwn(merged, name)) merged[name] = value;
  return merged;
}

/** The value with each path to a judging file as before: otherwise another file would judge in its place. */
function keepLeads(was: unknown, is: unknown): unknown {
  if (typeof was === 'string') {
    const file = was.replace(/^\.\//, '');
    return looksLikeTestPart(file) || looksLikeVerification(file) ? was : is;
  }
  if (!isMap(was)) return is;
  const kept = Object.create(null) as Json;
  const now = isMap(is) ? is : {};
  for (const [name, value] of Object.entries(was)) {
    const lead = keepLeads(value, now[name]);
    if (lead !== undefined) kept[name] = lead;
  }
  const isKept = Object.keys(kept).some((name) => !same(kept[name], now[name]));
  if (!isMap(is)) return isKept ? kept : is;
  return Object.assign(Object.create(null) as Json, is, kept);
}

/** True for a version range. A package alias, folder or URL could replace a module that checks import. */
function isPlainDependency(value: unknown): boolean {
  return typeof value === 'object' || (typeof value === 'string' && !/[:/]/.test(value));
}

function parse(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    return isMap(value) ? value : null;
  } catch {
    return null; // not JSON
  }
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Deep equality, ignoring the order of keys. */
function same(a: unknown, b: unknown): boolean {
  if (isMap(a) && isMap(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]));
  return a === b;
}
