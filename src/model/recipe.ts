import type { UnitSpec } from './unit.ts';

/** One scout of a recipe. What is left out is as the role `scout` has it. */
export interface Scout {
  readonly agent?: string | undefined;
  readonly model?: string | undefined;
  /** What it is to find out; by default, what whoever builds has to know. */
  readonly question?: string | undefined;
}

/** The steps that come before the work on a unit. What reviews it afterwards is the judge's. */
export interface Recipe {
  /** Scouts look first, side by side; they only read. */
  readonly scouts: readonly Scout[];
  /** A planner writes down the steps, from what the scouts found; it only reads. */
  readonly plan: boolean;
}

/** What a stage hands on: short, and structured; never a transcript. */
export interface StageNote {
  /** Whose, for people and for the brief: "What a scout found". */
  readonly title: string;
  readonly text: string;
}

/** The recipes that need no configuration. */
export const builtInRecipes: Readonly<Record<string, Recipe>> = {
  build: { scouts: [], plan: false },
  'scout-build': { scouts: [{}], plan: false },
  'scout-plan-build': { scouts: [{}], plan: true },
  research: { scouts: [], plan: false },
};

/** A recipe with why it was taken. */
export interface Choice {
  readonly recipe: string;
  readonly why: string;
}

/** More criteria, files or words than these make a unit large. */
const large = { criteria: 6, files: 5, characters: 4000 } as const;

/** The lightest recipe that fits a unit nobody chose one for. Pure. */
export function triage(
  unit: Pick<UnitSpec, 'kind' | 'touches' | 'criteria' | 'body' | 'gate'>,
  /** Attempts of this unit that failed before. */
  failed: number,
): Choice {
  if (unit.kind === 'research') return { recipe: 'research', why: 'it is research' };
  if (unit.gate !== null) return { recipe: 'build', why: 'a gate says itself what is wrong' };
  const sizes = [
    [unit.criteria.length, large.criteria, 'criteria'],
    [unit.touches.length, large.files, 'paths that it touches'],
    [unit.body.length, large.characters, 'characters of prose'],
  ] as const;
  const over = sizes.find(([size, limit]) => size > limit);
  if (over) return { recipe: 'scout-plan-build', why: `it is large: ${over[0]} ${over[2]}` };
  if (failed > 1) return { recipe: 'scout-plan-build', why: `${failed} attempts failed before` };
  const isOneFile = unit.touches.length === 1 && !/[*?{[]/.test(unit.touches[0] ?? '');
  if (isOneFile) return { recipe: 'build', why: 'it changes one file' };
  if (unit.touches.length === 0) return { recipe: 'scout-build', why: 'it does not say what it touches' };
  return { recipe: 'build', why: 'it is small' };
}
