import { inputError } from '../../model/diagnostic.ts';
import { findProgram } from '../../util/files/programs.ts';
import { throughGh } from './gh.ts';
import { throughGithub } from './github.ts';
import { throughGitlab } from './gitlab.ts';
import { hostName, hostWithPort, type Propose, type Where } from './remote.ts';

/**
 * How a proposal reaches the host of a remote: GitLab's API in its CI, for gitlab.com, and for the host that GITLAB_HOST names, otherwise GitHub's program
 * `gh` if there is one, otherwise GitHub's API with a token. Throws an `InputError` if nothing of it is there.
 */
export function hostOf(where: Where): Propose {
  const { env, url, root } = where;
  // A host is what its user says that it is: a token goes to no address for its name alone.
  const gitlabs = ['gitlab.com', env['GITLAB_HOST'] ?? 'gitlab.com'];
  const isGitlab =
    env['CI_API_V4_URL'] !== undefined || gitlabs.some((one) => [hostName(url), hostWithPort(url)].includes(one));
  const found = isGitlab
    ? throughGitlab(where)
    : findProgram('gh', root, env['PATH'] ?? '') !== null
      ? throughGh(where)
      : throughGithub(where);
  if (found !== null) return found;
  throw inputError(
    'no-host',
    `nothing here can open a pull request for ${hostName(url) || 'this remote'}`,
    isGitlab
      ? 'Set GITLAB_TOKEN to a token with the scope "api", or open it by hand: the branch is pushed.'
      : 'Install gh and log in, or set GITHUB_TOKEN, or open it by hand: the branch is pushed.',
  );
}
