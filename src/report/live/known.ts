import type { UnitId } from '../../model/ids.ts';
import type { MicroUsd } from '../../model/money.ts';
import type { UnitState } from '../../model/unit.ts';

/** What its events do not tell of a run: sizes, history and money. It is read now and then, and may be a little older. */
export interface Known {
  /** Units that are not done. */
  readonly units: readonly {
    readonly id: UnitId;
    readonly key: string;
    readonly state: UnitState;
    readonly phase: string | null;
    readonly depends: readonly UnitId[];
    /** About how many ms it takes, going by units of its size that landed; null without any. */
    readonly usualMs: number | null;
  }[];
  /** About how many ms are left, from and to; null if that would be a guess. */
  readonly left: { readonly fromMs: number; readonly toMs: number } | null;
  /** Active sessions. */
  readonly sessions: readonly {
    readonly name: string;
    readonly contextTokens: number | null;
    /** The most tokens that fit; null if unknown. */
    readonly contextWindow: number | null;
    /** Null if unknown. */
    readonly costMicroUsd: MicroUsd | null;
  }[];
  /** Tokens of all sessions of the run so far, read and written. */
  readonly tokens: number;
  /** Tokens of a minute, lately; null if unknown. */
  readonly tokensPerMinute: number | null;
  readonly spentMicroUsd: MicroUsd;
  /** The cap of the run; null without one. */
  readonly capMicroUsd: MicroUsd | null;
  readonly maxAgents: number | null;
}

/** Before anything was read. */
export const nothingKnown: Known = {
  ...{ units: [], left: null, sessions: [], tokens: 0, tokensPerMinute: null },
  ...{ spentMicroUsd: 0, capMicroUsd: null, maxAgents: null },
};
