import { type Criterion, type FormerHashes, wholeText } from '../../model/unit.ts';
import { sha256 } from '../../util/values/hash.ts';
import { criteriaHash } from './draft.ts';
import { fold } from '../text/markdown.ts';

/**
 * The hashes that older versions gave a unit with these criteria, if they are others: an upgrade must not reopen what landed.
 * `contentHash` hashes the unit with other texts in the place of its criteria's.
 */
export function formerHashes(
  criteria: readonly Criterion[],
  contentHash: (texts: string[]) => string,
): { readonly former?: FormerHashes } {
  const { former } = formerCriteria(criteria);
  return former === undefined ? {} : { former: { contentHash: contentHash(criteria.map(formerText)), ...former } };
}

/** The same of the criteria alone. */
export function formerCriteria(criteria: readonly Criterion[]): {
  readonly former?: Omit<FormerHashes, 'contentHash'>;
} {
  const texts = criteria.map(formerText);
  if (texts.every((text, index) => text === wholeTextOf(criteria[index]))) return {};
  const hashed = criteriaHash(texts.map((text) => ({ hash: sha256(text).slice(0, 16) })));
  return { former: { criteriaHash: hashed, isWhole: criteria.every(hasCommand) } };
}

function wholeTextOf(criterion: Criterion | undefined): string {
  return criterion === undefined ? '' : wholeText(criterion);
}

function formerText(criterion: Criterion): string {
  return criterion.command?.includes('\n') === true ? wholeText(criterion) : criterion.text;
}

/** True if the text has each of the commands, or if older versions hashed them, too. */
function hasCommand({ text, command }: Criterion): boolean {
  if (command === null || command.includes('\n') || text.includes(fold(command))) return true;
  const joined = command.split(' && ').map((one) => fold(one.replace(/^\( (.*) \)$/, '$1')));
  return joined.every((one) => text.includes(one));
}
