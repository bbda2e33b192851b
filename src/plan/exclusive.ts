import { type CompiledPattern, compiledOverlap, compilePattern } from '../model/path-pattern.ts';
import { isMigration } from './migrations.ts';

/** The resource that all units with migrations need: migrations have an order, and each builds on the one before. */
const migrations = 'migrations';

/** Finds the resources that units need for themselves, by the paths that they declare or were seen to change. */
export class Exclusive {
  readonly #patterns: readonly { readonly name: string; readonly compiled: CompiledPattern }[];

  /** `patterns` are the paths that only one unit at a time may change. */
  constructor(patterns: readonly string[]) {
    this.#patterns = patterns.map((name) => ({ name, compiled: compilePattern(name) }));
  }

  /** Names of the resources; `own` is the one that the unit itself names. */
  namesOf(own: string | null, touches: readonly string[]): readonly string[] {
    const names = new Set(own === null ? [] : [own]);
    if (touches.some(isMigration)) names.add(migrations);
    if (this.#patterns.length > 0) {
      const touched = touches.map(compilePattern);
      for (const { name, compiled } of this.#patterns)
        if (touched.some((one) => compiledOverlap(one, compiled))) names.add(name);
    }
    return [...names];
  }
}
