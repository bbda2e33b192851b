/** A hint that names the known word nearest to `word`; without a near one, `otherwise`. */
export function didYouMean(word: string, known: readonly string[], otherwise: string): string;
export function didYouMean(word: string, known: readonly string[], otherwise?: string): string | undefined;
export function didYouMean(word: string, known: readonly string[], otherwise?: string): string | undefined {
  const similar = suggest(word, known);
  return similar === null ? otherwise : `Did you mean "${similar}"?`;
}

/** Longer words are not compared, since that takes the product of their lengths. */
const longest = 80;

/** The known word nearest to `word` by edit distance; null if none is near, or for words of more than 80 characters. */
export function suggest(word: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  if (word.length > longest) return null;
  for (const candidate of known) {
    if (candidate.length > longest || Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** The known word that differs from `word` in case, or in one letter if it has more than four; null if there is none. */
export function near(word: string, known: readonly string[]): string | null {
  if (word.length > longest) return null;
  const lower = word.toLowerCase().replaceAll('_', '-');
  return known.find((one) => one === lower || (one.length > 4 && editDistance(lower, one) === 1)) ?? null;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(replace, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1);
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
