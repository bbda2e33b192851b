import type { UnitSpec } from './unit.ts';

/** One scout of a recipe. What is left out is as the role `scout` has it. */
export interface Scout {
  readonly agent?: string | undefined;
  readonly model?: string | undefined;
  /** What it is to find out; by default, what whoever builds has to know. */
  readonly question?: string | undefined;
}

/** The steps around the work on a unit. */
export interface Recipe {
  /** Scouts look first, side by side; they only read. */
  readonly scouts: readonly Scout[];
  /** What each scout found, another one tries to refute. */
  readonly refute: boolean;
  /** A planner writes down the steps, from what the scouts found; it only reads. */
  readonly plan: boolean;
  /** A shipper describes the change, once it is judged, for those who read the branch. */
  readonly ship: boolean;
  /**
   * Reviewers of each claim. 1: what it says counts; 2: they must agree, else a third one decides; 3: all look, and two
   * must confirm. Commands judge whatever the recipe.
   */
  readonly reviewers: Reviewers;
}

/** How many reviewers look at each claim before anybody is asked once more. */
export type Reviewers = 1 | 2 | 3;

/** What a stage hands on: short, and structured; never a transcript. */
export interface StageNote {
  /** Whose, for people and for the brief: "What a scout found". */
  readonly title: string;
  readonly text: string;
  /** Addresses of what it was shown of the web; left out by older versions. */
  readonly sources?: readonly string[];
}

/** What a scout wrote down for all who work on a phase. */
export interface RepositoryMap {
  /** What the project is; how it is built, tested and run. */
  readonly summary: string;
  readonly places: readonly { readonly path: string; readonly what: string }[];
  /** Rules that a newcomer would break. */
  readonly conventions: readonly string[];
}

/** The recipes that need no configuration. */
export const builtInRecipes: Readonly<Record<string, Recipe>> = {
  build: { scouts: [], refute: false, plan: false, ship: false, reviewers: 2 },
  'scout-build': { scouts: [{}], refute: false, plan: false, ship: false, reviewers: 2 },
  'scout-plan-build': { scouts: [{}], refute: false, plan: true, ship: false, reviewers: 2 },
  'plan-build-review-ship': { scouts: [], refute: false, plan: true, ship: true, reviewers: 3 },
  research: {
    scouts: [
      { question: 'What do the files of this project say about it, and what follows from that?' },
      { question: 'Which different answers are there, what speaks for each, and what against it?' },
    ],
    refute: true,
    plan: false,
    ship: false,
    reviewers: 2,
  },
};

/** A recipe with why it was taken. */
export interface Choice {
  readonly recipe: string;
  /** In place of the recipe's; null for those. */
  readonly reviewers: Reviewers | null;
  readonly why: string;
}

/** More criteria, files or words than these make a unit large. */
const large = { criteria: 6, files: 5, characters: 4000 } as const;
/** Names of folders and files, and labels, where a mistake costs more than elsewhere. */
const risky =
  /^(?:auth|authentication|authorization|billing|breaking|crypto|deploy|deployment|infra|migration|migrations|payment|payments|permissions|risk|risky|secrets|security|\.github|\.gitlab-ci|dockerfile|terraform)$/i;

/** The lightest recipe that fits a unit nobody chose one for; risk, size and history make it heavier. Pure. */
export function triage(
  unit: Pick<UnitSpec, 'kind' | 'touches' | 'criteria' | 'body' | 'gate' | 'labels'>,
  /** Attempts of this unit that failed before. */
  failedAttempts: number,
): Choice {
  const take = (recipe: string, why: string, reviewers: Reviewers | null = null): Choice => ({
    recipe,
    reviewers,
    why,
  });
  if (unit.kind === 'research') return take('research', 'it is research');
  if (unit.gate !== null) return take('build', 'a gate says itself what is wrong');
  const risk = riskOf(unit);
  if (risk !== null) return take('scout-plan-build', `a mistake would cost much: ${risk}`, 3);
  const sizes = [
    [unit.criteria.length, large.criteria, 'criteria'],
    [unit.touches.length, large.files, 'paths that it touches'],
    [unit.body.length, large.characters, 'characters of prose'],
  ] as const;
  const over = sizes.find(([size, limit]) => size > limit);
  if (over) return take('scout-plan-build', `it is large: ${over[0]} ${over[2]}`);
  if (failedAttempts > 1) return take('scout-plan-build', `${failedAttempts} attempts failed before`);
  const isOneFile = unit.touches.length === 1 && !/[*?{[]/.test(unit.touches[0] ?? '');
  if (isOneFile && failedAttempts > 0) return take('build', 'it changes one file, and an attempt failed before');
  if (isOneFile) return take('build', 'it changes one file', 1);
  if (unit.touches.length === 0) return take('scout-build', 'it does not say what it touches');
  return take('build', 'it is small');
}

/** The label or path that makes a unit risky; null for none. */
function riskOf({ labels, touches }: Pick<UnitSpec, 'labels' | 'touches'>): string | null {
  const names = (touched: string): string[] =>
    touched.split('/').flatMap((part) => [part, part.replace(/(?<=.)\..*$/, '')]);
  return (
    labels.find((label) => risky.test(label)) ??
    touches.find((touched) => names(touched).some((name) => risky.test(name))) ??
    null
  );
}
