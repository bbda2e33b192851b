import type { UnitSpec } from './unit.ts';

/** One scout of a recipe. What is left out is as the role `scout` has it. */
export interface Scout {
  readonly agent?: string | undefined;
  readonly model?: string | undefined;
  /** What it is to find out; by default, what whoever builds has to know. */
  readonly question?: string | undefined;
}

/** The steps around the work on a unit. What reviews it afterwards is the judge's, whatever the recipe. */
export interface Recipe {
  /** Scouts look first, side by side; they only read. */
  readonly scouts: readonly Scout[];
  /** What each scout found, another one tries to refute. */
  readonly refute: boolean;
  /** A planner writes down the steps, from what the scouts found; it only reads. */
  readonly plan: boolean;
  /** A shipper describes the change, once it is judged, for those who read the branch. */
  readonly ship: boolean;
}

/** What a stage hands on: short, and structured; never a transcript. */
export interface StageNote {
  /** Whose, for people and for the brief: "What a scout found". */
  readonly title: string;
  readonly text: string;
}

/** The recipes that need no configuration. */
export const builtInRecipes: Readonly<Record<string, Recipe>> = {
  build: { scouts: [], refute: false, plan: false, ship: false },
  'scout-build': { scouts: [{}], refute: false, plan: false, ship: false },
  'scout-plan-build': { scouts: [{}], refute: false, plan: true, ship: false },
  'plan-build-review-ship': { scouts: [], refute: false, plan: true, ship: true },
  research: {
    scouts: [
      { question: 'What do the files of this project say about it, and what follows from that?' },
      { question: 'Which different answers are there, what speaks for each, and what against it?' },
    ],
    refute: true,
    plan: false,
    ship: false,
  },
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
