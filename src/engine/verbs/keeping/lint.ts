import type { Diagnostic } from '../../../model/diagnostic.ts';
import { compiledMatches, compilePattern } from '../../../model/path-pattern.ts';
import type { SpecDiagnostic } from '../../../model/spec-rule.ts';
import type { UnitSpec } from '../../../model/unit.ts';
import type { Finding, Rule, Seen } from '../../../specs/lint/rule.ts';
import { rules as ofSpecs } from '../../../specs/lint/rules.ts';
import { readSource } from '../../../specs/text/source.ts';
import { hiddenExit } from '../../../verify/commands/hidden-exit.ts';
import { resolved, simpleCommands } from '../../../verify/commands/shell-words.ts';

/** What to make of a rule's findings. */
export type Level = 'off' | 'warning' | 'error';

const hidden: Rule = {
  name: 'hidden-exit',
  severity: 'warning',
  about: 'checks that pass whatever their tests find, as with `| tail`, `|| true` or `;`',
  find: ({ open }) =>
    open.flatMap((unit) =>
      unit.criteria.flatMap((criterion): Finding[] => {
        const found = criterion.command === null ? null : hiddenExit(criterion.command);
        if (found === null) return [];
        const { phrase, why } = found;
        const message = `this check passes whatever its tests find: ${why}`;
        const hint =
          'Let the exit code of the test be that of the check: "a && b" in place of "a; b", and no pipe after it.';
        return [{ unit, criterion, phrase, message, hint }];
      }),
    ),
};

const missingFile: Rule = {
  name: 'missing-file',
  severity: 'warning',
  about: 'files that a check names, that do not exist, and that its unit may not create',
  find: ({ open, files }) =>
    files === null ? [] : open.flatMap((unit) => (unit.touches.length === 0 ? [] : missingOf(unit, files))),
};

function missingOf(unit: UnitSpec, files: ReadonlySet<string>): Finding[] {
  const touched = unit.touches.map(compilePattern);
  const made = (file: string): boolean => touched.some((pattern) => compiledMatches(pattern, file));
  return unit.criteria.flatMap((criterion): Finding[] => {
    if (criterion.command === null || /\bcd\b|\$|[*?{]/.test(criterion.command)) return [];
    const words = simpleCommands(criterion.command).flatMap((one) => one.words.slice(1));
    const named = words.filter((word) => /^[\w@./-]+\.[A-Za-z]\w{0,5}$/.test(word) && word.includes('/'));
    return [...new Set(named)].flatMap((word): Finding[] => {
      const file = resolved(unit.cwd, word);
      if (file === null || files.has(file) || made(file)) return [];
      const message = `this check names ${word}, which does not exist, and which "touches" does not let the unit create`;
      return [
        { unit, criterion, phrase: word, message, hint: 'Correct the path, write the file, or add it to "touches".' },
      ];
    });
  });
}

/** The rules, in the order of their findings. */
export const rules: readonly Rule[] = [...ofSpecs, hidden, missingFile];

/** The finding of a check that passes before any work. */
export function greenFinding(unit: UnitSpec): SpecDiagnostic {
  const isAll = unit.criteria.length === 1;
  return {
    severity: 'warning',
    code: 'green-at-base',
    message: `this check passes already, before any work${isAll ? ', and it is all that the unit asks for' : ''}`,
    hint: 'A check that fails before the work proves it. Make it stricter, or tick the criterion.',
  };
}

/** What the rules find in a folder, each at its place. */
export function findByRules(folder: string, units: Omit<Seen, 'linesOf'>): SpecDiagnostic[] {
  const lines = new Lines(folder);
  const seen = { ...units, linesOf: (file: string) => lines.of(file) };
  return rules.flatMap(({ name, severity, find }) =>
    find(seen).map((finding) => ({
      ...{ severity, code: name, message: finding.message, hint: finding.hint },
      ...lines.placeOf(finding),
    })),
  );
}

/** Diagnostics with the levels of their rules; those of rules that are off are left out. */
export function withLevels(diagnostics: readonly Diagnostic[], levels: Readonly<Record<string, Level>>): Diagnostic[] {
  return diagnostics.flatMap((one) => {
    const level = Object.hasOwn(levels, one.code) ? levels[one.code] : undefined;
    return level === 'off' ? [] : [level === undefined ? one : { ...one, severity: level }];
  });
}

/** Lines of the files of a specs folder, read once. */
export class Lines {
  readonly #folder: string;
  readonly #files = new Map<string, readonly string[]>();
  /** Lines that may still be searched for phrases of whole units; later ones are shown at their units. */
  #left = 10_000_000;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The place of a finding: its phrase if the file has it, otherwise its line. */
  placeOf({ unit, at: other, criterion, phrase }: Omit<Finding, 'message' | 'hint'>): Partial<SpecDiagnostic> {
    const file = other?.file ?? criterion?.file ?? unit.file;
    const from = other?.line ?? criterion?.line ?? unit.line;
    const lines = this.of(file);
    const line = phrase === undefined ? from : this.#lineWith(lines, from, phrase, criterion === undefined);
    const sourceLine = lines[line - 1] ?? '';
    const at = phrase === undefined ? -1 : sourceLine.indexOf(phrase);
    const column = at < 0 ? sourceLine.search(/\S|$/) + 1 : at + 1;
    const length = at < 0 ? Math.max(1, sourceLine.trim().length) : (phrase ?? '').length;
    return { file, line, column, sourceLine: sourceLine.slice(0, 400), length: Math.min(length, 400) };
  }

  /** The number of the first line from `from` on that has a phrase; for a whole unit, of any line. */
  #lineWith(lines: readonly string[], from: number, phrase: string, isAnywhere: boolean): number {
    const isWide = isAnywhere && this.#left >= 0;
    const near = lines.slice(from - 1, isWide ? undefined : from + 20).findIndex((line) => line.includes(phrase));
    if (isWide) this.#left -= near < 0 ? lines.length : near;
    if (near >= 0) return from + near;
    const before = isWide ? lines.slice(0, from - 1).findLastIndex((line) => line.includes(phrase)) : -1;
    return before < 0 ? from : before + 1;
  }

  /** The lines of a file; none if it cannot be read. */
  of(file: string): readonly string[] {
    const known = this.#files.get(file);
    if (known) return known;
    const source = readSource(this.#folder, file);
    const lines = source === null || 'severity' in source ? [] : source.text.split(/\r?\n/);
    this.#files.set(file, lines);
    return lines;
  }
}
