import type { AgentEvent, OverCap, ToolResult } from '../../../src/model/agent.ts';
import type { Charge, MicroUsd } from '../../../src/model/money.ts';
import type { AttemptId } from '../../../src/model/ids.ts';
import type {
  CheckJob,
  CheckResult,
  LookJob,
  LookResult,
  NotExecuted,
  OrderJob,
  OrderResult,
  SetUpJob,
  SetUpResult,
} from '../../../src/engine/jobs/job.ts';
import type { Project } from '../../../src/engine/project/project.ts';

/*
 * What a run and its worker in another process write to each other: a line of JSON each. `nr` names a job. A pack holds
 * the objects of git that the other side lacks, in base64.
 */

/** What a worker is opened with. */
export interface Start {
  readonly project: Project;
  readonly branch: string;
  readonly timeoutMs: number;
  readonly allowUnsandboxed: boolean;
  readonly agent: string | null;
  readonly identity: { readonly name: string; readonly email: string };
  /** How the user's checkout shows files; attributes in base64. */
  readonly checkout: {
    readonly autocrlf: 'true' | 'input' | 'false';
    readonly eol: 'crlf' | 'lf';
    readonly everywhere: string;
    readonly here: string;
    readonly digest: string;
  };
}

export type ToWorker =
  | { readonly type: 'open'; readonly start: Start }
  | { readonly type: 'order'; readonly nr: number; readonly pack: string; readonly job: OrderJob }
  | { readonly type: 'check'; readonly nr: number; readonly pack: string; readonly job: CheckJob }
  | { readonly type: 'set-up'; readonly nr: number; readonly pack: string; readonly job: SetUpJob }
  | { readonly type: 'look'; readonly nr: number; readonly look: LookJob }
  | { readonly type: 'release'; readonly nr: number; readonly attempt: AttemptId }
  | { readonly type: 'stop' | 'needed'; readonly nr: number }
  | { readonly type: 'words'; readonly nr: number; readonly words: readonly string[] }
  | { readonly type: 'running-out'; readonly nr: number }
  | { readonly type: 'reserved'; readonly nr: number; readonly lease: number; readonly over: OverCap | null }
  | { readonly type: 'called'; readonly nr: number; readonly call: number; readonly result: ToolResult }
  | { readonly type: 'closing' }
  | { readonly type: 'end' }
  | { readonly type: 'close' };

/** Whole outputs that a result names, by their paths where they were written. */
export type Files = Readonly<Record<string, string>>;

export type FromWorker =
  | { readonly type: 'opened'; readonly canTrace: boolean }
  | { readonly type: 'event'; readonly nr: number; readonly event: AgentEvent }
  | { readonly type: 'reserve'; readonly nr: number; readonly lease: number; readonly worstCase: MicroUsd }
  | {
      readonly type: 'call';
      readonly nr: number;
      readonly call: number;
      readonly name: string;
      readonly input: unknown;
    }
  | { readonly type: 'settle'; readonly nr: number; readonly lease: number; readonly charge: Charge }
  | {
      readonly type: 'result';
      readonly nr: number;
      readonly pack: string;
      readonly files: Files;
      readonly canTrace: boolean;
      readonly result: OrderResult | CheckResult | SetUpResult | LookResult | NotExecuted | null;
    };
