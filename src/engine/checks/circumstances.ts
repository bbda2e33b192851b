import { statSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../../model/config.ts';
import type { CheckoutSettings } from '../../repo/git/checkout-settings.ts';
import { managersIn } from '../../sandbox/version-managers.ts';
import { sha256 } from '../../util/values/hash.ts';
import { homeFolder } from '../../util/files/home.ts';
import type { Env } from '../context/asker.ts';

/**
 * What the result of a command depends on beside the tree and the command itself, as a digest: how and within which
 * limits it is run, what is installed for it, and with which programs. These are told by the folders on PATH and
 * the toolchains, also those of version managers: when something is installed, upgraded or removed there, the folder's time changes.
 */
export function circumstancesOf(
  config: Pick<Config, 'sandbox' | 'setup' | 'history'>,
  checkTimeoutMs: number,
  env: Env,
  /** How a checkout of the user's shows files. */
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

/** When a folder was last changed; null for one that is not there, or closed to us. */
function timeOf(folder: string): string | null {
  try {
    return String(statSync(folder, { bigint: true }).mtimeNs);
  } catch {
    return null;
  }
}
