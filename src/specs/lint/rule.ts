import type { Diagnostic } from '../../model/diagnostic.ts';
import type { SpecRule } from '../../model/spec-rule.ts';
import type { Criterion, UnitSpec } from '../../model/unit.ts';

/** What a rule sees of a folder. */
export interface Seen {
  /** Units that are neither done nor held back. */
  readonly open: readonly UnitSpec[];
  readonly units: readonly UnitSpec[];
  /** The lines of a file of the specs folder; empty if it cannot be read. */
  readonly linesOf: (file: string) => readonly string[];
  /** The files of the target, committed or not; null if there is no repository. */
  readonly files: ReadonlySet<string> | null;
}

/** What a rule found. */
export interface Finding {
  readonly unit: UnitSpec;
  /** Another place that it is about than the unit or a criterion. */
  readonly at?: { readonly file: string; readonly line: number };
  /** The criterion that it is about; omitted for the whole unit. */
  readonly criterion?: Criterion;
  /** The part of the source line that is meant; omitted for the whole line. */
  readonly phrase?: string;
  readonly message: string;
  readonly hint: string;
}

/** A rule of `backlog check`. */
export interface Rule {
  /** The code of its diagnostics. */
  readonly name: SpecRule;
  readonly severity: Diagnostic['severity'];
  /** What it finds, as a noun. */
  readonly about: string;
  readonly find: (seen: Seen) => readonly Finding[];
}
