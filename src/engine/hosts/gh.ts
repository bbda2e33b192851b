import { z } from 'zod';
import { inputError } from '../../model/diagnostic.ts';
import { printableLine } from '../../util/text/printable.ts';
import { runProcess } from '../../util/process/run-process.ts';
import { parsed } from './api.ts';
import type { Propose, Where } from './remote.ts';

/** Opens pull requests with GitHub's program, which has the user's login (cli.github.com/manual). */
export function throughGh({ root, env }: Where): Propose {
  return async ({ branch, base, title, body }, signal) => {
    const gh = async (args: readonly string[], input = ''): Promise<string> => {
      const ended = await runProcess({
        file: 'gh',
        args,
        cwd: root,
        env: variables(env),
        input,
        signal,
        timeoutMs: 120_000,
      });
      signal.throwIfAborted();
      if (ended.exitCode === 0) return ended.stdout.toString('utf8').trim();
      const said = printableLine(ended.stderr.toString('utf8'), 500) || `exit code ${ended.exitCode ?? 'none'}`;
      throw inputError(
        'host-refused',
        `gh ${args.slice(0, 2).join(' ')}: ${said}`,
        'The branch is pushed. See "gh auth status".',
      );
    };
    const between = ['--base', base, '--head', branch];
    // By the name of its branch alone, a request of a stranger's fork may be found, too.
    const fields = ['--json', 'url,isCrossRepository'];
    const listed = await gh(['pr', 'list', ...between, '--state', 'open', '--limit', '100', ...fields]);
    const open = own(listed);
    const text = ['--title', title, '--body-file', '-'];
    if (open === null) return { url: await gh(['pr', 'create', ...between, ...text], body), isNew: true };
    await gh(['pr', 'edit', open, ...text], body);
    return { url: open, isNew: false };
  };
}

const listing = z.array(z.object({ url: z.string(), isCrossRepository: z.boolean() }));

/** The first request from a branch of the repository itself; null without one. */
function own(listed: string): string | null {
  const read = listing.safeParse(parsed(listed === '' ? '[]' : listed));
  if (!read.success)
    throw inputError(
      'host-refused',
      'gh pr list: its answer is not what its manual says',
      'Update gh, and run "backlog push --pr" again.',
    );
  return read.data.find(({ isCrossRepository }) => !isCrossRepository)?.url ?? null;
}

/** The user's environment; `gh` asks nothing. */
function variables(env: Where['env']): Record<string, string> {
  const set = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return { ...Object.fromEntries(set), GH_PROMPT_DISABLED: '1', NO_COLOR: '1' };
}
