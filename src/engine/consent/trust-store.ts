import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { inputError } from '../../model/diagnostic.ts';
import type { Needed } from '../../specs/config/consent.ts';
import { PathRefused, readConfined, writeConfined } from '../../util/files/confined-file.ts';
import { own } from '../../util/values/own.ts';
import { isInside } from './executed-files.ts';
import type { Env } from '../context/asker.ts';
import { belowHome } from '../context/home.ts';
import { trustFile } from './trust-file.ts';

/*
 * What the user agreed to, by repository: a file of theirs, outside of every clone. A consent is found by the real path
 * of the repository and the digest of what was agreed to; what that was is kept with it, to show what changed.
 */

const content = z.strictObject({
  key: z.string(),
  value: z.unknown(),
  why: z.string(),
  with: z.record(z.string(), z.unknown()),
  files: z.array(z.strictObject({ path: z.string(), content: z.string() })),
});
const trusted = z.strictObject({
  digest: z.string(),
  /** The configuration file, relative to the repository. */
  config: z.string(),
  /** ISO date. */
  at: z.string(),
  needed: z.array(content),
});
const stored = z.strictObject({ version: z.literal(1), repositories: z.record(z.string(), z.array(trusted)) });

/** What the user agreed to once, for one configuration. */
export interface Trusted {
  readonly digest: string;
  readonly config: string;
  readonly at: string;
  readonly needed: readonly Needed[];
}

/** Consents that are kept of one repository; the oldest go first. */
const maxKept = 100;
const maxBytes = 16 * 1024 * 1024;

/** What the user agreed to for a repository, the latest last. Throws an `InputError` for a file that cannot be believed. */
export function readTrusted(root: string, env: Env): readonly Trusted[] {
  return own(readAll(root, env).repositories, root) ?? [];
}

/** Keeps a consent. */
export async function keepTrusted(root: string, entry: Trusted, env: Env): Promise<void> {
  const all = readAll(root, env);
  const others = (own(all.repositories, root) ?? []).filter(({ digest }) => digest !== entry.digest);
  await write(root, { ...all.repositories, [root]: [...others, entry].slice(-maxKept) }, env);
}

/** Forgets all consents of a repository. Returns how many there were. */
export async function forgetTrusted(root: string, env: Env): Promise<number> {
  const all = readAll(root, env);
  const count = own(all.repositories, root)?.length ?? 0;
  const others = Object.fromEntries(Object.entries(all.repositories).filter(([name]) => name !== root));
  if (count > 0) await write(root, others, env);
  return count;
}

function readAll(root: string, env: Env): { readonly repositories: Readonly<Record<string, readonly Trusted[]>> } {
  const file = trustFile(env);
  if (file === null || !existsSync(file)) return { repositories: {} };
  refuseForeign(file, root);
  let text: string;
  try {
    text = readConfined(path.dirname(file), path.basename(file), maxBytes)?.toString('utf8') ?? '';
    return stored.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof PathRefused) throw error;
    throw inputError(
      'trust-damaged',
      `what you trust cannot be read: ${file} is damaged, or of another version`,
      'Remove it; "backlog trust" asks again.',
    );
  }
}

/** Who can write the file can consent: so that must be the user alone, and never the repository. */
function refuseForeign(file: string, root: string): void {
  refuseInside(file, root);
  const me = process.getuid?.();
  for (const at of [file, path.dirname(file)]) {
    const { mode, uid } = statSync(at);
    if ((me === undefined || uid === me) && (mode & 0o022) === 0) continue;
    throw inputError(
      'trust-not-yours',
      `what you trust must be yours alone, and others can write ${at}`,
      `Make it yours ("chmod go-w ${at}"), or remove it.`,
    );
  }
}

function refuseInside(file: string, root: string): void {
  if (!isInside(root, realpathSync(path.dirname(file)))) return;
  throw inputError(
    'trust-in-repository',
    `what you trust must lie outside of the repository, and ${file} is in it`,
    'Name another folder in XDG_CONFIG_HOME.',
  );
}

async function write(
  root: string,
  repositories: Readonly<Record<string, readonly Trusted[]>>,
  env: Env,
): Promise<void> {
  const file = trustFile(env) ?? belowHome(env, 'what you trust', 'XDG_CONFIG_HOME');
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    refuseInside(file, root);
    const text = `${JSON.stringify({ version: 1, repositories }, null, 2)}\n`;
    writeConfined(path.dirname(file), path.basename(file), text, { isSynced: true, mode: 0o600 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw inputError(
      'trust-unwritable',
      `what you trust cannot be kept in ${file} (${code})`,
      'Name another folder in XDG_CONFIG_HOME.',
    );
  }
}
