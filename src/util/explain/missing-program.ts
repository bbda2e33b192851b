/** Exit codes of a shell whose program does not exist or cannot be executed. */
const missingExits = [126, 127];

/*
 * How the shell of `sh -c` reports it: dash "sh: 1: foo: not found", bash "sh: line 1: foo: command not found", busybox
 * "sh: foo: not found". A script's shell begins with the script's name instead.
 */
const told =
  /^(?:\/\S*\/)?(?:sh|bash|dash|ash): (?:(?:line )?\d+: )?(?:exec: )?(?:(?:line )?\d+: )?(\S+?): (?:(?:command )?not found|No such file or directory|Permission denied|cannot execute(?:: .*)?|Is a directory)$/gm;

/** True for the exit codes of a missing program. */
export function isMissingExit(exitCode: number | null): boolean {
  return exitCode !== null && missingExits.includes(exitCode);
}

/** The program that a shell command could not start, as its shell names it; null otherwise. */
export function missingProgram(end: { readonly exitCode: number | null; readonly output: string }): string | null {
  if (!isMissingExit(end.exitCode)) return null;
  return [...end.output.matchAll(told)].at(-1)?.[1] ?? null;
}
