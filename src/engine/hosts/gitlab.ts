import { z } from 'zod';
import { callHost } from './api.ts';
import { hostWithPort, projectPath, type Propose, tokenIn, type Where } from './remote.ts';

const request = z.object({ iid: z.number().int(), web_url: z.string() });
const listed = request.extend({ source_project_id: z.number().nullable(), target_project_id: z.number() });

/**
 * Opens merge requests by GitLab's API (docs.gitlab.com/api/merge_requests); null without a token. The token of a CI job
 * may not do this.
 */
export function throughGitlab({ env, url }: Where): Propose | null {
  const token = tokenIn(env, 'GITLAB_TOKEN');
  if (token === null) return null;
  const api = env['CI_API_V4_URL'] ?? `https://${hostWithPort(url)}/api/v4`;
  const project = env['CI_PROJECT_ID'] ?? projectPath(url);
  const headers = { 'private-token': token };
  const requests = `${api}/projects/${encodeURIComponent(project)}/merge_requests`;
  return async ({ branch, base, title, body }, signal) => {
    const query = new URLSearchParams({ source_branch: branch, target_branch: base, state: 'opened' });
    const all = await callHost(
      { method: 'GET', url: `${requests}?${query.toString()}`, headers, token },
      z.array(listed),
      signal,
    );
    // A request of a stranger's fork may come from a branch of the same name.
    const open = all.find((one) => one.source_project_id === one.target_project_id);
    const isNew = open === undefined;
    const call = isNew
      ? ({
          method: 'POST',
          url: requests,
          body: { source_branch: branch, target_branch: base, title, description: body },
        } as const)
      : ({ method: 'PUT', url: `${requests}/${open.iid}`, body: { title, description: body } } as const);
    return { url: (await callHost({ ...call, headers, token }, request, signal)).web_url, isNew };
  };
}
