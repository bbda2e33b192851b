import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../../model/config.ts';
import type { CheckoutSettings } from '../../repo/git/checkout-settings.ts';
import { managersIn } from '../../sandbox/version-managers.ts';
import { sha256 } from '../../util/values/hash.ts';
import { type Env, homeFolder } from '../../util/files/home.ts';

/**
 * Digest of what a command's result depends on besides tree and command: how and within which limits it runs, what is
 * installed, and with which programs. Programs are represented by the modification times of the folders on PATH
 * and of toolchains, including those of version managers, which change when something is installed or removed.
 */
export function circumstancesOf(
  config: Pick<Config, 'sandbox' | 'setup' | 'history'>,
  checkTimeoutMs: number,
  env: Env,
  /** How the user's checkout shows files. */
  checkout: CheckoutSettings,
): string {
  const { sandbox, setup, history } = config;
  const entries = (env['PATH'] ?? '').split(path.delimiter);
  const managed = managersIn(entries, homeFolder(env), env).parts;
  const folders = [...entries, ...managed, ...sandbox.toolchains];
  const programs = folders.map((folder) => [folder, timeOf(folder)]);
  const machine = { programs, node: process.version, checkout: checkout.digest };
  return sha256(JSON.stringify({ sandbox, setup, history, checkTimeoutMs, ...machine })).slice(0, 16);
}

/**
 * Modification time of a folder; null if it does not exist or is not accessible. Version managers touch the folder of their
 * shims whenever a shell starts (`pyenv rehash` makes a lock there), so of that the names and times of its files count.
 */
function timeOf(folder: string): string | null {
  try {
    if (path.basename(folder) !== 'shims') return String(statSync(folder, { bigint: true }).mtimeNs);
    const files = readdirSync(folder).filter((name) => !name.startsWith('.'));
    return files
      .map(
        (name) =>
          `${name} ${statSync(path.join(folder, name), { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? ''}`,
      )
      .join('\n');
  } catch {
    return null;
  }
}
