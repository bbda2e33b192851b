import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findProgram } from '../../util/files/programs.ts';
import { printableLine } from '../../util/text/printable.ts';
import type { AskProgram, Env } from './back-end.ts';
import { backEnds } from './back-ends.ts';

/*
 * The agents' programs that are installed here. They are looked for by name on PATH; nothing of them is started outside
 * of a box. Of a login only its presence is looked at, by the name of a variable or of a file, never what is in it.
 */

/** A program of an agent that was found. */
export interface InstalledAgent {
  readonly program: string;
  /** Absolute path. */
  readonly file: string;
  /** What it says of itself, in a box; null where nobody asked it, or it does not say. */
  readonly version: string | null;
  /** Variables and files by which somebody is logged in. */
  readonly logins: readonly string[];
  /** What `--agent` takes for it, when that is enough to work with it now; else null. */
  readonly agent: string | null;
  /** What to do to work with it. */
  readonly use: string;
}

/** The known programs on PATH. `ask` runs a program in a box; without it no versions are known. */
export async function installedAgents(
  env: Env,
  ask: AskProgram | null,
  known: Pick<typeof backEnds, 'programs' | 'isReady'> = backEnds,
): Promise<InstalledAgent[]> {
  const home = env['HOME'] ?? os.homedir();
  const isSet = (name: string): boolean => (env[name] ?? '') !== '';
  const found = known.programs.flatMap((one) => {
    const file = findProgram(one.program, '/', env['PATH'] ?? '');
    return file === null ? [] : [{ ...one, file }];
  });
  const names = found.map(({ program }) => program);
  return Promise.all(
    found
      .filter(({ unless }) => unless === undefined || !names.includes(unless))
      .map(async ({ program, file, variables, files, otherwise }) => {
        const isReady = known.isReady(program, env);
        return {
          ...{ program, file },
          version: ask === null ? null : await versionIn(ask, program),
          logins: [
            ...variables.filter(isSet),
            ...files.filter((name) => existsSync(path.join(home, name))).map((name) => `~/${name}`),
          ],
          agent: isReady ? program : null,
          use: isReady ? `run with --agent ${program}` : otherwise,
        };
      }),
  );
}

/** The first number that looks like a version. Null for a program that does not start, or says none. */
async function versionIn(ask: AskProgram, program: string): Promise<string | null> {
  try {
    const ended = await ask([program, '--version']);
    return /\b\d+\.\d+(?:\.\d+)?\b/.exec(printableLine(ended.output, 2000))?.[0] ?? null;
  } catch {
    return null; // it is there all the same
  }
}

/** A program that was found, in a line. */
export function describeInstalled({ program, version, file, logins, use }: InstalledAgent): string {
  const name = version === null ? program : `${program} ${version}`;
  return `${name} on PATH (${file}; ${logins.length === 0 ? 'no login found' : `login: ${logins.join(', ')}`}): ${use}`;
}
