import { z } from 'zod';
import { callHost } from './api.ts';
import { hostName, projectPath, type Propose, tokenIn, type Where } from './remote.ts';

const pull = z.object({ number: z.number().int(), html_url: z.string() });
/** Of a fork that is gone, GitHub knows no repository. */
const listed = pull.extend({ head: z.object({ repo: z.object({ full_name: z.string() }).nullable() }) });

/** Opens pull requests by GitHub's API (docs.github.com/rest/pulls/pulls); null without a token, or for another host. */
export function throughGithub({ env, url }: Where): Propose | null {
  const token = tokenIn(env, 'GITHUB_TOKEN', 'GH_TOKEN');
  const api = env['GITHUB_API_URL'] ?? (hostName(url) === 'github.com' ? 'https://api.github.com' : undefined);
  if (token === null || api === undefined) return null;
  const repository = env['GITHUB_REPOSITORY'] ?? projectPath(url);
  const owner = repository.split('/')[0] ?? '';
  const headers = { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json' };
  const pulls = `${api}/repos/${repository.split('/').map(encodeURIComponent).join('/')}/pulls`;
  return async ({ branch, base, title, body }, signal) => {
    const query = new URLSearchParams({ head: `${owner}:${branch}`, base, state: 'open' });
    const all = await callHost(
      { method: 'GET', url: `${pulls}?${query.toString()}`, headers, token },
      z.array(listed),
      signal,
    );
    const isOurs = (one: (typeof all)[number]): boolean =>
      one.head.repo?.full_name.toLowerCase() === repository.toLowerCase();
    const open = all.find(isOurs);
    const isNew = open === undefined;
    const call = isNew
      ? ({ method: 'POST', url: pulls, body: { title, body, head: branch, base } } as const)
      : ({ method: 'PATCH', url: `${pulls}/${open.number}`, body: { title, body } } as const);
    return { url: (await callHost({ ...call, headers, token }, pull, signal)).html_url, isNew };
  };
}
