import type { UnitId } from './ids.ts';

/** What became of one integration check: it passes, fails, or its end tells nothing. */
export const integrationOutcomes = ['passed', 'failed', 'unclear'] as const;

/** One integration check on the tip of the branch. */
export interface IntegrationCheck {
  readonly name: string;
  readonly command: string;
  readonly outcome: (typeof integrationOutcomes)[number];
  /** True if it failed before any of these units landed, too; null if it was tried on that commit, and that told nothing. */
  readonly wasRed: boolean | null;
  /** Why it did not pass, in a line; null if it did. */
  readonly why: string | null;
}

/** The integration checks on the tip, after some landings. */
export interface Integrated {
  readonly commit: string;
  readonly tree: string;
  /** Units that landed since these checks passed, or since the run began. */
  readonly units: readonly UnitId[];
  readonly checks: readonly IntegrationCheck[];
  /** The contracts of these units, if a check fails: what they leave open. */
  readonly contracts: readonly string[];
}

/** True if what landed broke something, or may have. */
export function isBroken({ checks }: Pick<Integrated, 'checks'>): boolean {
  return checks.some(({ outcome, wasRed }) => outcome === 'failed' && wasRed !== true);
}
