import { isLockfile } from '../model/lockfiles.ts';

/** Lists to which many changes add a line: changelogs, version stamps, tables of contents. */
const lists: readonly RegExp[] = [
  /^(?:changelog|changes|history|news|releases?|release[-_]?notes)(?:\.(?:md|mdx|markdown|rst|txt|adoc|json|ya?ml))?$/i,
  /^(?:\.?version|_?version\.\w+|.*\.version)$/i,
  /^(?:index|summary|_sidebar|_toc|toc|contents)\.(?:md|mdx|markdown|rst|txt|adoc|json|ya?ml)$/i,
];

/** Modules that only export those beside them. Near the root, these names belong to the program's main module. */
const indexModule = /^(?:index\.[cm]?[jt]s|__init__\.py|mod\.rs)$/;
const minDepth = 3;

/**
 * True for a file that many units change without getting into each other's way: a changelog, a lockfile, a version stamp or
 * an index. Changes of such files merge, or are quickly repaired, so waiting for each other would cost more.
 */
export function isSharedFile(path: string): boolean {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  const last = names.at(-1) ?? '';
  if (isLockfile(last) || lists.some((list) => list.test(last))) return true;
  return names.length >= minDepth && indexModule.test(last);
}
