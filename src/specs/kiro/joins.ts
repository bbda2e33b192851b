import type { SpecDiagnostic } from '../../model/spec-rule.ts';
import { sharedSize, sharedTooLarge, Sharing } from '../format/sharing.ts';
import { errorAt, type Source } from '../text/source.ts';
import { requirementsIn } from './references.ts';
import { type Numbered, type Requirements, zeros } from './requirements.ts';
import type { Task } from './tasks.ts';

/** The requirements that a task names. */
export interface Join {
  /** In the order of the requirements. */
  readonly criteria: readonly Numbered[];
  /** The texts of their requirements. */
  readonly texts: readonly string[];
  readonly resolved: number;
  readonly dangling: number;
  /** Warnings, and an error if the task names too much. */
  readonly problems: readonly SpecDiagnostic[];
}

/** A function that finds the requirements that a task names, which may be open. Each number that leads nowhere is a warning. */
export function joining(requirements: Requirements, file: Source): (task: Task, isOpen: boolean) => Join {
  const { criteria, texts, others } = requirements;
  const sharing = new Sharing();
  const sizeOf = (some: readonly Numbered[]): number => {
    const known =
      sizes.get(some) ??
      sharedSize(
        [],
        some.map(({ criterion }) => criterion),
      );
    sizes.set(some, known);
    return known;
  };
  const sizes = new Map<readonly Numbered[], number>();
  const order = new Map([...texts.keys()].map((number, index) => [number, index]));
  const below = new Map<string, Numbered[]>();
  const place = new Map(criteria.map((one, index) => [one, index]));
  for (const one of criteria) {
    for (const name of namesAbove(one.number)) {
      const own = below.get(name);
      if (own === undefined) below.set(name, [one]);
      else own.push(one);
    }
  }
  const lookUp = (written: string): readonly Numbered[] | null => {
    const number = written.replace(zeros, '');
    const own = below.get(number);
    if (own !== undefined) return own;
    if (texts.has(number) || others.has(number)) return [];
    // A part of a criterion is no criterion of its own.
    const outer = number.split('.').length > 2 ? below.get(number.slice(0, number.lastIndexOf('.'))) : undefined;
    return outer ?? null;
  };
  return ({ ranges, title }, isOpen) => {
    const found = new Set<Numbered>();
    const problems: SpecDiagnostic[] = [];
    let [resolved, isTooLarge] = [0, false];
    const add = (some: readonly Numbered[]): void => {
      if (!sharing.take(sizeOf(some), isOpen)) isTooLarge = true;
      else for (const one of some) found.add(one);
    };
    const named = new Set<string>();
    const told = new Set<number>();
    for (const { start, end } of ranges) {
      const { numbers, isAll } = requirementsIn(file.text.slice(start, end));
      if (isAll && !named.has('all')) add(criteria);
      if (isAll) named.add('all');
      for (const { number, offset } of numbers) {
        const leads = lookUp(number);
        if (leads !== null) resolved++;
        else if (!told.has(start + offset)) {
          told.add(start + offset); // once for a range
          problems.push(unknown(number, file, start + offset));
        }
        if (leads !== null && !named.has(number)) add(leads);
        named.add(number);
      }
    }
    const inOrder = [...found].toSorted((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
    const around = new Set(inOrder.flatMap(({ number }) => namesAbove(number)));
    const wanted = [...around]
      .filter((number) => order.has(number))
      .toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
      .map((number) => texts.get(number) ?? '');
    const dangling = problems.length;
    const hasTexts = sharing.take(sharedSize(wanted), isOpen);
    if (isTooLarge || !hasTexts)
      problems.push(sharedTooLarge(file, { offset: ranges[0]?.start ?? 0, length: title.length }));
    return { ...{ criteria: inOrder, resolved, dangling, problems }, texts: hasTexts ? wanted : [] };
  };
}

/** A number and those of the requirements around it: `1.2.3`, `1.2`, `1`. */
function namesAbove(number: string | null): string[] {
  const parts = number?.split('.') ?? [];
  return parts.map((_, index) => parts.slice(0, index + 1).join('.'));
}

function unknown(number: string, file: Source, offset: number): SpecDiagnostic {
  const problem = {
    code: 'unknown-requirement' as const,
    message: `there is no requirement ${number} in this spec`,
    hint: 'Correct the number, or add the requirement.',
  };
  return { ...errorAt(file, { offset, length: number.length }, problem), severity: 'warning' };
}
