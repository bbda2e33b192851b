import { listSome } from './list-some.ts';

/** A unit that does not go on, and why, as a sentence. */
export interface Stopped {
  readonly key: string;
  readonly why: string;
}

/** A reason with the first of its units. */
export interface Reason {
  readonly units: string;
  readonly why: string;
}

/** The most reasons that are told. */
const most = 10;

/**
 * Why units do not go on, in at most ten reasons. Units with the same sentence share one; of more, those whose sentences differ
 * only in names and numbers do. `isWhole` is false if that leaves out names or units: then something else has to say all.
 */
export function reasonsOf(units: readonly Stopped[]): {
  readonly reasons: readonly Reason[];
  readonly isWhole: boolean;
} {
  const same = [...Map.groupBy(units, ({ why }) => why)];
  const alike = same.length <= most ? same : [...Map.groupBy(units, ({ why }) => kindOf(why))];
  const reasons = alike.slice(0, most).map(([kind, some]): Reason => {
    const [first] = some;
    return { units: namesOf(some), why: some.every(({ why }) => why === first?.why) ? (first?.why ?? kind) : kind };
  });
  const others = alike.slice(most).flatMap(([, some]) => some);
  if (others.length > 0) reasons.push({ units: namesOf(others), why: 'other reasons' });
  return { reasons, isWhole: same.length <= most };
}

function namesOf(units: readonly Stopped[]): string {
  return listSome(
    units.map(({ key }) => key),
    3,
  );
}

/** A sentence without what is quoted in it, and without numbers. */
function kindOf(sentence: string): string {
  return sentence
    .replace(/"[^"]*"/g, '"…"')
    .replace(/`[^`]*`/g, '`…`')
    .replace(/\d+/g, '…');
}
