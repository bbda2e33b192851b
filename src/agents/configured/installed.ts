import { existsSync } from 'node:fs';
import path from 'node:path';
import { homeFolder } from '../../util/files/home.ts';
import { findProgram } from '../../util/files/programs.ts';
import { printableLine } from '../../util/text/printable.ts';
import type { AskProgram, Env } from './back-end.ts';
import { backEnds } from './back-ends.ts';

/*
 * Finds installed agent programs by name on PATH. Programs only start inside a box. Logins are detected by the presence
 * of a variable or file; their content is never read.
 */

/** An installed program of an agent. */
export interface InstalledAgent {
  readonly program: string;
  /** Absolute path. */
  readonly file: string;
  /** Null if not asked, or not printed. */
  readonly version: string | null;
  /** Variables and files that show a login. */
  readonly logins: readonly string[];
  /** The value for `--agent`; null if more set-up is needed. */
  readonly agent: string | null;
  /** The next step for using it. */
  readonly use: string;
}

/** The known programs on PATH. `ask` runs a program in a box; without it, versions are null. */
export async function installedAgents(
  env: Env,
  ask: AskProgram | null,
  known: Pick<typeof backEnds, 'programs' | 'isReady'> = backEnds,
): Promise<InstalledAgent[]> {
  const home = homeFolder(env);
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
            ...files.filter((name) => home !== null && existsSync(path.join(home, name))).map((name) => `~/${name}`),
          ],
          agent: isReady ? program : null,
          use: isReady ? `run with --agent ${program}` : otherwise,
        };
      }),
  );
}

/** The first version number of its output; null if it does not start, or prints none. */
async function versionIn(ask: AskProgram, program: string): Promise<string | null> {
  try {
    const ended = await ask([program, '--version']);
    return /\b\d+\.\d+(?:\.\d+)?\b/.exec(printableLine(ended.output, 2000))?.[0] ?? null;
  } catch {
    return null; // it is installed all the same
  }
}

export function describeInstalled({ program, version, file, logins, use }: InstalledAgent): string {
  const name = version === null ? program : `${program} ${version}`;
  return `${name} on PATH (${file}; ${logins.length === 0 ? 'no login found' : `login: ${logins.join(', ')}`}): ${use}`;
}
