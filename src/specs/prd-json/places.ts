/** The usual places of the one list of a repository. */
export const usualPlace = /^(?:(?:scripts\/ralph|\.?ralph|plans|tasks|specs|docs)\/)?prd\.json$/;

/** Why a file with such a name is no work; null if it is. */
export function whyNoWork(path: string): string | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (
    /(?:^|\/)\.?(?:ralph-)?backups?\//i.test(path) ||
    /[.-]json\.(?:bak|backup|old|orig)|\.(?:bak|backup|old)\b|[-_.](?:bak|backup)\.json$/i.test(name)
  )
    return 'backups';
  if (
    /(?:^|\/)\.?(?:ralph-)?(?:archives?|archived|completed|history)\//i.test(path) ||
    /(?:archived?|completed)[-_]prd\b|prd[-_.](?:archived?|completed)\b/i.test(name)
  )
    return 'archived plans';
  if (
    /(?:^|\/)(?:templates?|examples?|fixtures|schemas?)\//i.test(path) ||
    /example|template|sample|schema/i.test(name)
  )
    return 'templates';
  return null;
}

/** The place of a list, as the beginning of its keys; empty for a usual place. */
export function placeOfList(path: string): string {
  if (usualPlace.test(path)) return '';
  const folder = folderOf(path).replace(/(?:^|\/)(?:scripts\/ralph|\.?ralph|plans|tasks|specs|docs)\/$/, '');
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/(?:\.json)?$/, '');
  return [folder.replace(/\/$/, ''), name === 'prd' ? '' : name].filter((part) => part !== '').join('/');
}

export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}
