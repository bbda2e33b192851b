import type { Integrated } from '../model/integration.ts';
import { listSome } from '../model/list-some.ts';
import { printableLine } from '../util/text/printable.ts';

/** What the integration checks found, a sentence for each that did not pass; `keys` are those of the units that landed. */
export function integrationSentences(
  { checks, contracts }: Pick<Integrated, 'checks' | 'contracts'>,
  keys: readonly string[],
): string[] {
  const named = listSome(
    keys.map((key) => printableLine(key)),
    5,
  );
  if (checks.every(({ outcome }) => outcome === 'passed')) return [`The integration checks pass with ${named}`];
  const open = contracts.length === 0 ? '' : `; what their contracts leave open: ${listSome(contracts, 5)}`;
  return checks
    .filter(({ outcome }) => outcome !== 'passed')
    .map(({ name, command, outcome, wasRed, why }) => {
      const check = `The integration check ${name} (\`${printableLine(command, 100)}\`)`;
      const because = why === null ? '' : `: ${printableLine(why, 400)}`;
      if (outcome === 'unclear') return `${check} tells nothing with ${named}${because}`;
      if (wasRed) return `${check} fails, as it did before this run${because}`;
      const before = wasRed === null ? '; before, it told nothing' : ', and passed before';
      return `${check} fails with ${named}${before}${because}${open}`;
    });
}
