import type { Source } from './source.ts';

/** Files of several projects may take turns. */
const maxKept = 8;

/**
 * A function of a file that many others are read with, such as a configuration: the results of the last texts are kept, so
 * that it is not parsed once for each of them. They must not be changed.
 */
export function oncePerText<T>(read: (source: Source) => T): (source: Source) => T {
  const recent: { readonly source: Source; readonly value: T }[] = [];
  return (source) => {
    const known = recent.findIndex((one) => one.source.file === source.file && one.source.text === source.text);
    const [found = { source, value: read(source) }] = known < 0 ? [] : recent.splice(known, 1);
    recent.unshift(found);
    recent.length = Math.min(recent.length, maxKept);
    return found.value;
  };
}
