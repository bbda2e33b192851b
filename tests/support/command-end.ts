import type { CommandEvidence } from '../../src/verify/judge-context.ts';
import { sha256 } from '../../src/util/values/hash.ts';

/** What of the end of a command matters to a test. */
export type End = Partial<
  Pick<CommandEvidence, 'exitCode' | 'signal' | 'timedOut' | 'testsRun' | 'excerpt' | 'setUpFailed'>
>;

/** The end of a command as evidence. */
export function end(how: End, of: Partial<Pick<CommandEvidence, 'on' | 'tree' | 'command'>> = {}): CommandEvidence {
  const excerpt = how.excerpt ?? '';
  const isCut = how.timedOut === true || (how.signal ?? null) !== null;
  return {
    ...({ kind: 'command', on: 'base', tree: 't', command: 'c', tier: 'none', durationMs: 1, testsRun: null } as const),
    ...{ exitCode: isCut ? null : 0, signal: null, timedOut: false, excerpt, digest: sha256(excerpt) },
    ...of,
    ...how,
  };
}
