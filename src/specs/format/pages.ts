import { hasErrors } from '../../model/diagnostic.ts';
import type { Draft } from './draft.ts';

/** Keys that pages of other tools have, too. */
const common = new Set(['id', 'title', 'labels', 'priority']);

/** True for a page of a repository that nothing shows to be a spec: neither its folder, nor a key of ours, nor a check. */
export function isPage({ file, keys, criteria, problems }: Draft): boolean {
  if (/(?:^|\/)specs?\//i.test(file) || hasErrors(problems)) return false;
  return (
    Object.keys(keys).every((key) => common.has(key)) && criteria.every(({ criterion }) => criterion.kind !== 'check')
  );
}

/** True for a draft that no agent works on, and that changes no other: it has neither a criterion nor a key. */
export function isIdle({ keys, criteria, isKeyExplicit }: Draft): boolean {
  return criteria.length === 0 && Object.keys(keys).length === 0 && !isKeyExplicit;
}
