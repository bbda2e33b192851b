const odd = /[\p{C}\p{Zl}\p{Zp}"\\]|^\s|\s$|\s\s/u;
const unseen = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A file's name within a sentence: as it is, or in quotes, escaped as JSON, where its end or its lines would not be seen. */
export function shownName(name: string): string {
  if (!odd.test(name)) return name;
  return JSON.stringify(name).replace(unseen, (c) =>
    Array.from({ length: c.length }, (_, at) => `\\u${c.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}

/** Names within a sentence, and how many more there are than `most`. */
export function shownNames(names: readonly string[], most = 10): string {
  const shown = names.slice(0, most).map(shownName).join(', ');
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
