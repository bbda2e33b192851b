import { appendFileSync, writeSync } from 'node:fs';

/*
 * Points at which tests interrupt a run: before and after each step, and around each commit. No cost when unset.
 *
 *   BACKLOG_FAILPOINT=NAME=ACTION      at the first pass; NAME#3=ACTION at the third
 *   BACKLOG_FAILPOINT_LOG=FILE         appends the name of each point passed
 *
 * Actions: `kill` (SIGKILL), `term` (SIGTERM), `term-twice`, or the code of a system error to throw, such as `EIO`.
 */

/** True if failpoints are set, so that callers build names that take time only then. */
export const hasFailpoints: boolean =
  process.env['BACKLOG_FAILPOINT'] !== undefined || process.env['BACKLOG_FAILPOINT_LOG'] !== undefined;

/** Passes a failpoint. */
export const failpoint: (name: string) => void = open(
  process.env['BACKLOG_FAILPOINT'],
  process.env['BACKLOG_FAILPOINT_LOG'],
);

function open(wish: string | undefined, log: string | undefined): (name: string) => void {
  if (wish === undefined && log === undefined) return () => {};
  const match = /^(.+?)(?:#(\d+))?=([\w-]+)$/.exec(wish ?? '');
  const [wanted, action] = [match?.[1], match?.[3] ?? ''];
  let left = Number(match?.[2] ?? 1);
  return (name) => {
    if (log !== undefined) appendFileSync(log, `${name}\n`);
    if (name === wanted && --left === 0) act(action, name);
  };
}

function act(action: string, name: string): void {
  writeSync(2, `failpoint ${name}: ${action}\n`);
  switch (action) {
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      return;
    case 'term':
      process.kill(process.pid, 'SIGTERM');
      return;
    case 'term-twice':
      process.kill(process.pid, 'SIGTERM');
      setTimeout(() => process.kill(process.pid, 'SIGTERM'), 50);
      return;
    default:
      throw Object.assign(new Error(`${action}: at failpoint ${name}`), { code: action });
  }
}
