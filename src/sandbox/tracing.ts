import { findProgram } from '../util/files/programs.ts';
import { programs } from './strict.ts';
import type { Wrapped } from './tier.ts';

/** Bytes of a log after which the tracer, and the command, ends; then it runs again without. */
const maxLogBytes = 256 * 1024 * 1024;

/** Absolute path of strace; null without it, for example outside of Linux. */
export function findTracer(): string | null {
  return process.platform === 'linux' ? findProgram('strace', '/', programs) : null;
}

/**
 * Wraps a program so that strace writes the paths that it and its children access to `log`, from outside of the box. Only
 * calls that name files stop the program (`--seccomp-bpf`).
 */
export function traced(tracer: string, wrapped: Wrapped, log: string): Wrapped {
  const asked = ['-f', '--seccomp-bpf', '-qqq', '-y', '-s', '256', '-e', 'trace=%file', '-e', 'signal=none'];
  return {
    ...wrapped,
    file: findProgram('prlimit', '/', programs) ?? 'prlimit',
    args: [`--fsize=${maxLogBytes}:`, '--', tracer, ...asked, '-o', log, '--', wrapped.file, ...wrapped.args],
  };
}
