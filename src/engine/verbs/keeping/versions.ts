import { installedAgents } from '../../../agents/configured/installed.ts';
import { ToldError } from '../../../model/diagnostic.ts';
import { sqliteVersion } from '../../../queue/database.ts';
import { removeTree } from '../../../util/folders/remove.ts';
import { gitVersion } from '../../../repo/git/git-version.ts';
import type { Asker } from '../../context/asker.ts';
import { openLauncher } from '../../boxes/launch.ts';
import { makeCacheFolder, openProject } from '../../project/project.ts';
import { verb } from '../verb.ts';

/** What backlog runs on. */
export interface Versions {
  readonly kind: 'versions';
  readonly sqlite: string;
  /** Null if git is not on PATH. */
  readonly git: string | null;
  /** The sandbox tier that a run would take; null if none works, or if the configuration forbids those that do. */
  readonly tier: string | null;
  /** Why it is no better one; '' if it is the best. */
  readonly tierWhy: string;
  /** Agents' programs on PATH. Their versions are asked in a sandbox only; null without one. */
  readonly agents: readonly { readonly program: string; readonly file: string; readonly version: string | null }[];
}

/** The versions of what backlog runs on, for the asker's folder. It starts no program of a repository outside of a sandbox. */
export const versions = verb(
  (z) => z.strictObject({ folder: z.string() }),
  async (asker, { folder }): Promise<Versions> => ({
    ...{ kind: 'versions', sqlite: sqliteVersion() },
    ...{ git: await gitVersion(asker.env), ...(await sandboxOf(asker, folder)) },
  }),
);

async function sandboxOf(asker: Asker, folder: string): Promise<Pick<Versions, 'tier' | 'tierWhy' | 'agents'>> {
  const shown = async (ask: Parameters<typeof installedAgents>[1]): Promise<Versions['agents']> =>
    (await installedAgents(asker.env, ask)).map(({ program, file, version }) => ({ program, file, version }));
  try {
    const project = await openProject(asker, folder);
    const boxes = await makeCacheFolder(project, '-versions');
    try {
      const { launcher, refused, askProgram } = await openLauncher(project, { folder: boxes, allowUnsandboxed: false });
      const tierWhy = refused.map(({ tier, why }) => `${tier}: ${why}`).join('; ');
      return { tier: launcher.tier, tierWhy, agents: await shown(launcher.tier === 'none' ? null : askProgram) };
    } finally {
      await removeTree(boxes);
    }
  } catch (error) {
    if (!(error instanceof ToldError)) throw error;
    return { tier: null, tierWhy: error.diagnostics[0]?.message ?? '', agents: await shown(null) };
  }
}
