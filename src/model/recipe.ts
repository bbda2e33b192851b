import type { UnitSpec } from './unit.ts';

/** A scout of a recipe. Omitted settings are those of the role `scout`. */
export interface Scout {
  readonly agent?: string | undefined;
  readonly model?: string | undefined;
  /** The question that it answers. Default: a general question about the unit. */
  readonly question?: string | undefined;
}

/** The steps around the work on a unit. */
export interface Recipe {
  /** Scouts explore the repository in parallel before the work. They only read. */
  readonly scouts: readonly Scout[];
  /** True if other scouts try to refute the findings of each scout. */
  readonly refute: boolean;
  /** True if a planner writes down the steps from the findings of the scouts. It only reads. */
  readonly plan: boolean;
  /** True if a shipper describes the verified change for readers of the branch. */
  readonly ship: boolean;
  readonly reviewers: Reviewers;
}

/** Reviewers of each claim. 1: a single one decides; 2: both must agree, otherwise a third decides; 3: two must confirm. */
export type Reviewers = 1 | 2 | 3;

/** The short result of a stage for later stages; never a transcript. */
export interface StageNote {
  /** A heading for people and for briefs, such as "Findings of a scout". */
  readonly title: string;
  readonly text: string;
  /** URLs of web pages that the agent was shown. Omitted by older versions. */
  readonly sources?: readonly string[];
}

/** A scout's map of the repository for all agents of a phase. */
export interface RepositoryMap {
  /** The project's purpose, and how to build, test and run it. */
  readonly summary: string;
  readonly places: readonly { readonly path: string; readonly what: string }[];
  /** Rules that a newcomer would break. */
  readonly conventions: readonly string[];
}

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

/** The choice of a recipe and its reason. */
export interface Choice {
  readonly recipe: string;
  /** Overrides the recipe's reviewers; null for no override. */
  readonly reviewers: Reviewers | null;
  readonly why: string;
}

/** A unit above any of these limits is large. */
const large = { criteria: 6, files: 5, characters: 4000 } as const;
/** Names of folders, files and labels where a mistake is expensive. */
const risky =
  /^(?:auth|authentication|authorization|billing|breaking|crypto|deploy|deployment|infra|migration|migrations|payment|payments|permissions|risk|risky|secrets|security|\.github|\.gitlab-ci|dockerfile|terraform)$/i;

/** Chooses the lightest recipe that fits a unit without one. Risk, size and failed attempts make it heavier. Pure. */
export function triage(
  unit: Pick<UnitSpec, 'kind' | 'touches' | 'criteria' | 'body' | 'gate' | 'labels'>,
  failedAttempts: number,
): Choice {
  const take = (recipe: string, why: string, reviewers: Reviewers | null = null): Choice => ({
    recipe,
    reviewers,
    why,
  });
  if (unit.kind === 'research') return take('research', 'research unit');
  if (unit.gate !== null) return take('build', 'the checks of a gate show the problem');
  const risk = riskOf(unit);
  if (risk !== null) return take('scout-plan-build', `a mistake would be expensive: ${risk}`, 3);
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

/** The label or path that makes a unit risky; null if none does. */
function riskOf({ labels, touches }: Pick<UnitSpec, 'labels' | 'touches'>): string | null {
  const names = (touched: string): string[] =>
    touched.split('/').flatMap((part) => [part, part.replace(/(?<=.)\..*$/, '')]);
  return (
    labels.find((label) => risky.test(label)) ??
    touches.find((touched) => names(touched).some((name) => risky.test(name))) ??
    null
  );
}
