import { z } from 'zod';
import { callHost } from './api.ts';
import { hostName, projectPath, type Propose, type Where } from './remote.ts';

const pull = z.object({ url: z.string(), html_url: z.string() });

/** Opens pull requests by GitHub's API (docs.github.com/rest/pulls/pulls); null without a token, or for another host. */
export function throughGithub({ env, url }: Where): Propose | null {
  const token = env['GITHUB_TOKEN'] ?? env['GH_TOKEN'];
  const api = env['GITHUB_API_URL'] ?? (hostName(url) === 'github.com' ? 'https://api.github.com' : undefined);
  if (token === undefined || token === '' || api === undefined) return null;
  const repository = env['GITHUB_REPOSITORY'] ?? projectPath(url);
  const owner = repository.split('/')[0] ?? '';
  const headers = { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json' };
  const pulls = `${api}/repos/${repository.split('/').map(encodeURIComponent).join('/')}/pulls`;
  return async ({ branch, base, title, body }, signal) => {
    const query = new URLSearchParams({ head: `${owner}:${branch}`, base, state: 'open' });
    const [open] = await callHost(
      { method: 'GET', url: `${pulls}?${query.toString()}`, headers },
      z.array(pull),
      signal,
    );
    const isNew = open === undefined;
    const call = isNew
      ? ({ method: 'POST', url: pulls, body: { title, body, head: branch, base } } as const)
      : ({ method: 'PATCH', url: open.url, body: { title, body } } as const);
    return { url: (await callHost({ ...call, headers }, pull, signal)).html_url, isNew };
  };
}
