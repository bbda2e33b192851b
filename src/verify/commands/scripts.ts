import path from 'node:path';
import { resolved } from './shell-words.ts';

/** Access to the tree before the work, in which commands are looked up. */
export interface BaseTree {
  readonly files: ReadonlySet<string>;
  readonly read: (file: string) => Promise<string | null>;
}

/** Characters of a script that are read. */
const maxChars = 200_000;

/** The text of a script, up to a limit; empty if it does not exist. */
export async function readScript(base: BaseTree, file: string): Promise<string> {
  return (await base.read(file))?.slice(0, maxChars) ?? '';
}

/** The scripts of a folder's `package.json` by name; none if it is missing or unreadable. */
export async function manifestScripts(base: BaseTree, folder: string): Promise<Map<string, string>> {
  const text = await base.read(folder === '' ? 'package.json' : `${folder}/package.json`);
  try {
    const manifest: unknown = JSON.parse(text ?? '');
    const scripts =
      typeof manifest === 'object' && manifest !== null && 'scripts' in manifest ? manifest.scripts : null;
    return new Map(
      typeof scripts === 'object' && scripts !== null
        ? Object.entries(scripts).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
        : [],
    );
  } catch {
    return new Map(); // an unreadable manifest has no scripts
  }
}

/** Command lines in a script's quoted strings, as far as they begin with a known program. */
export function startedBy(text: string): string[] {
  const found: string[] = [];
  for (const [, quoted = ''] of text.matchAll(/["'`]([^"'`\n]{3,300})["'`]/g))
    if (/^(?:(?:node|python[\d.]*|sh|bash|npm|pnpm|yarn|make)\s|[\w./-]+\.(?:sh|bash)\b)/.test(quoted))
      found.push(quoted);
  return found;
}

/** Files in a script's folder or below that it imports, directly or through others. */
export async function besides(script: string, base: BaseTree): Promise<string[]> {
  const folder = path.posix.dirname(script);
  const found = new Set<string>();
  const queue = [script];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    const text = await readScript(base, file);
    for (const name of importedBy(text, file)) {
      for (const each of [
        name,
        ...['.js', '.mjs', '.cjs', '.ts', '.mts', '.py', '.sh', '.rb', '/index.js', '/index.ts', '/__init__.py'].map(
          (end) => name + end,
        ),
      ]) {
        const isBeside = folder === '.' ? !each.includes('/') : each.startsWith(`${folder}/`);
        if (!isBeside || !base.files.has(each) || found.has(each) || each === script) continue;
        found.add(each);
        queue.push(each);
      }
    }
  }
  return [...found];
}

function importedBy(text: string, file: string): string[] {
  const folder = path.posix.dirname(file);
  const names: string[] = [];
  const add = (name: string | null): void => void (name !== null && name !== '' && names.push(name));
  for (const [, quoted = ''] of text.matchAll(/["'](\.{1,2}\/[^"'\n]+)["']/g)) add(resolved(folder, quoted));
  if (file.endsWith('.py'))
    for (const [, from = ''] of text.matchAll(/^[ \t]*(?:from|import)[ \t]+([\w.]+)/gm))
      add(resolved(folder, from.replace(/^\.+/, '').replaceAll('.', '/')));
  for (const [, sourced = ''] of text.matchAll(
    /^[ \t]*(?:\.|source)[ \t]+["']?(?:\$\(dirname "?\$0"?\)\/)?([^\s"']+)/gm,
  )) {
    add(resolved(folder, sourced));
    add(resolved('', sourced));
  }
  return names;
}
