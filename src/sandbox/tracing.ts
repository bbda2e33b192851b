import { findProgram } from '../util/files/programs.ts';
import { programs } from './strict.ts';
import type { Wrapped } from './tier.ts';

/** Bytes of a log above which the tracer ends, and with it the command: it is then run again without. */
const maxLogBytes = 256 * 1024 * 1024;

/** Absolute path of the tracer; null where there is none, e.g. outside of Linux. */
export function findTracer(): string | null {
  return process.platform === 'linux' ? findProgram('strace', '/', programs) : null;
}

/**
 * The same program, with the paths that it and its children ask for written to `log`, from outside of the box. Only
 * calls that name files stop the traced program (`--seccomp-bpf`).
 */
export function traced(tracer: string, wrapped: Wrapped, log: string): Wrapped {
  const asked = ['-f', '--seccomp-bpf', '-qqq', '-y', '-s', '256', '-e', 'trace=%file', '-e', 'signal=none'];
  return {
    ...wrapped,
    file: findProgram('prlimit', '/', programs) ?? 'prlimit',
    args: [`--fsize=${maxLogBytes}:`, '--', tracer, ...asked, '-o', log, '--', wrapped.file, ...wrapped.args],
  };
}
