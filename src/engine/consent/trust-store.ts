import type { Env } from '../../util/files/home.ts';
import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { inputError, machineFault } from '../../model/diagnostic.ts';
import type { Needed } from '../../specs/config/consent.ts';
import { PathRefused, readConfined, writeConfined } from '../../util/files/confined-file.ts';
import { machineTrouble } from '../../util/files/disk.ts';
import { own } from '../../util/values/own.ts';
import { isInside } from './executed-files.ts';
import { belowHome } from '../context/home.ts';
import { trustFile } from './trust-file.ts';

/*
 * The user's consents by repository, in a file outside of every clone. A consent is identified by the repository's real
 * path and the digest of its parts; the parts are stored with it, to show later changes.
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

/** A consent to one configuration. */
export interface Trusted {
  readonly digest: string;
  readonly config: string;
  readonly at: string;
  readonly needed: readonly Needed[];
}

/** Maximum consents per repository; the oldest are dropped. */
const maxKept = 100;
const maxBytes = 16 * 1024 * 1024;

/** The consents for a repository, latest last. Throws an `InputError` for an untrusted or damaged file. */
export function readTrusted(root: string, env: Env): readonly Trusted[] {
  return own(readAll(root, env).repositories, root) ?? [];
}

/** Stores a consent. */
export async function keepTrusted(root: string, entry: Trusted, env: Env): Promise<void> {
  const all = readAll(root, env);
  const others = (own(all.repositories, root) ?? []).filter(({ digest }) => digest !== entry.digest);
  await write(root, { ...all.repositories, [root]: [...others, entry].slice(-maxKept) }, env);
}

/** Deletes all consents of a repository. Returns how many there were. */
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
      `your consents cannot be read: ${file} is damaged, or of another version`,
      'Remove it; "backlog trust" asks again.',
    );
  }
}

/** Refuses a file that others can write, or that is in the repository: its writer could give consent. */
function refuseForeign(file: string, root: string): void {
  refuseInside(file, root);
  const me = process.getuid?.();
  for (const at of [file, path.dirname(file)]) {
    const { mode, uid } = statSync(at);
    if ((me === undefined || uid === me) && (mode & 0o022) === 0) continue;
    throw inputError(
      'trust-not-yours',
      `only you may be able to write your consents, but others can write ${at}`,
      `Make it yours ("chmod go-w ${at}"), or remove it.`,
    );
  }
}

function refuseInside(file: string, root: string): void {
  if (!isInside(root, realpathSync(path.dirname(file)))) return;
  throw inputError(
    'trust-in-repository',
    `your consents must be outside of the repository, but ${file} is in it`,
    'Name another folder in XDG_CONFIG_HOME.',
  );
}

async function write(
  root: string,
  repositories: Readonly<Record<string, readonly Trusted[]>>,
  env: Env,
): Promise<void> {
  const file = trustFile(env) ?? belowHome(env, 'your consents', 'XDG_CONFIG_HOME');
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    refuseInside(file, root);
    const text = `${JSON.stringify({ version: 1, repositories }, null, 2)}\n`;
    writeConfined(path.dirname(file), path.basename(file), text, { isSynced: true, mode: 0o600 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const blamed = machineTrouble(error) === null ? inputError : machineFault;
    throw blamed(
      'trust-unwritable',
      `your consents cannot be stored in ${file} (${code})`,
      'Name another folder in XDG_CONFIG_HOME.',
    );
  }
}
