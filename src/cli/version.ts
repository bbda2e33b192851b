import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The version in `package.json`: two folders above this file, or one above the bundle. */
export const version: string = (() => {
  for (const relative of ['../../package.json', '../package.json']) {
    try {
      const parsed = JSON.parse(readFileSync(path.join(import.meta.dirname, relative), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (parsed.name === '@backlog/backlog' && parsed.version !== undefined) return parsed.version;
    } catch {
      // Try the other place.
    }
  }
  return '0.0.0';
})();
