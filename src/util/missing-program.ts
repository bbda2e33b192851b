/** What a shell ends with where a program is not there, or cannot be executed. */
const missingExits = [126, 127];

/*
 * What the shell says that was given the command, as `sh -c` calls itself: dash "sh: 1: foo: not found", bash "sh: line 1:
 * foo: command not found", busybox "sh: foo: not found". The shell of a script begins with the name of the script.
 */
const told =
  /^(?:\/\S*\/)?(?:sh|bash|dash|ash): (?:(?:line )?\d+: )?(?:exec: )?(?:(?:line )?\d+: )?(\S+?): (?:(?:command )?not found|No such file or directory|Permission denied|cannot execute(?:: .*)?|Is a directory)$/gm;

/** True for an end that says that a program is not there, or cannot be executed. */
export function isMissingExit(exitCode: number | null): boolean {
  return exitCode !== null && missingExits.includes(exitCode);
}

/** The program that a shell command could not start, in the words of its shell; null when it ended otherwise. */
export function missingProgram(end: { readonly exitCode: number | null; readonly output: string }): string | null {
  if (!isMissingExit(end.exitCode)) return null;
  return [...end.output.matchAll(told)].at(-1)?.[1] ?? null;
}
