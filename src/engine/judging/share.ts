/**
 * Takes the most items that there is room for, and shares it between groups: each gets as many as any other, as long as it
 * has some. Both lists keep the order.
 */
export function shared<T>(
  items: readonly T[],
  groupOf: (item: T) => string,
  most: number,
): { readonly taken: readonly T[]; readonly left: readonly T[] } {
  const seen = new Map<string, number>();
  const ranked = items.map((item) => {
    const rank = seen.get(groupOf(item)) ?? 0;
    seen.set(groupOf(item), rank + 1);
    return { item, rank };
  });
  const taken = new Set(
    ranked
      .toSorted((a, b) => a.rank - b.rank)
      .slice(0, most)
      .map(({ item }) => item),
  );
  return { taken: items.filter((item) => taken.has(item)), left: items.filter((item) => !taken.has(item)) };
}
