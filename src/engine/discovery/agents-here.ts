import { installedAgents, type InstalledAgent } from '../../agents/configured/installed.ts';
import { ToldError } from '../../model/diagnostic.ts';
import { removeTree } from '../../util/folders/remove.ts';
import { openLauncher } from '../boxes/launch.ts';
import { makeCacheFolder, type Project } from '../project/project.ts';

/** The installed agent programs; their versions are asked only in a sandbox. */
export async function agentsHere(project: Project): Promise<InstalledAgent[]> {
  const found = await installedAgents(project.asker.env, null);
  if (found.length === 0) return found;
  const folder = await makeCacheFolder(project, '-agents');
  try {
    const { launcher, askProgram } = await openLauncher(project, { folder, allowUnsandboxed: false });
    return launcher.tier === 'none' ? found : await installedAgents(project.asker.env, askProgram);
  } catch (error) {
    if (error instanceof ToldError) return found;
    throw error;
  } finally {
    await removeTree(folder);
  }
}
