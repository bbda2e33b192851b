import { appendFileSync, writeSync } from 'node:fs';

/*
 * Places at which tests let a run break: before and after each step, and around each commit. Free when it is off.
 *
 *   BACKLOG_FAILPOINT=NAME=ACTION      at the first time; NAME#3=ACTION at the third
 *   BACKLOG_FAILPOINT_LOG=FILE         appends each name that is passed
 *
 * Actions: `kill` (SIGKILL), `term` (SIGTERM), `term-twice`, or the code of a system error that is thrown, as `EIO`.
 */

/** True when places are watched: a name that takes time to make is only made then. */
export const hasFailpoints: boolean =
  process.env['BACKLOG_FAILPOINT'] !== undefined || process.env['BACKLOG_FAILPOINT_LOG'] !== undefined;

/** Passes a place at which tests let things break. */
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
