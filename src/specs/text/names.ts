/** Compares names so that numbers in them sort by value: `1.2` before `1.10`. A total order. */
export function compareNames(one: string, other: string): number {
  if (one === other) return 0;
  const [here, there] = [one, other].map((name) => name.match(/\d+|\D+/g) ?? []);
  for (let at = 0; here && there && at < Math.min(here.length, there.length); at++) {
    const [a = '', b = ''] = [here[at], there[at]];
    if (a === b) continue;
    const isBoth = isDigit(a) && isDigit(b);
    if (!isBoth) return a < b ? -1 : 1;
    const [left, right] = [a, b].map((digits) => digits.replace(/^0+(?=\d)/, ''));
    if (left !== undefined && right !== undefined && left !== right)
      return left.length - right.length || (left < right ? -1 : 1);
  }
  return (here?.length ?? 0) - (there?.length ?? 0) || (one < other ? -1 : 1);
}

function isDigit(part: string): boolean {
  return /^\d/.test(part);
}
