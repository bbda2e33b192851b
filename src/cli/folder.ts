import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

const configName = 'backlog.config.json';

/**
 * The specs folder that a command means when it names none: the current folder when it has a configuration, else
 * `specs`, else the one folder here that has a configuration, else the current folder.
 */
export function specsFolder(named: string | undefined): string {
  if (named !== undefined) return named;
  if (existsSync(configName) && !existsSync('specs')) return '.';
  if (existsSync('specs')) return 'specs';
  const found = readdirSync('.', { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && existsSync(path.join(entry.name, configName)),
  );
  return found.length === 1 ? (found[0]?.name ?? '.') : '.';
}

/** A path as a person would type it here. */
export function shownPath(absolute: string): string {
  const relative = path.relative(process.cwd(), absolute);
  return relative.startsWith('..') ? absolute : relative || '.';
}
