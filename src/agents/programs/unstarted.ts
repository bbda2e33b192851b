import type { ExecResult } from '../../model/agent.ts';
import type { AgentUnusable } from '../../model/failure.ts';
import { missingProgram } from '../../util/explain/missing-program.ts';

/** How interpreters say that the script, module or option that they were given is not there: node, python, shells. */
const noScript = [
  /^Error: Cannot find module '([^'\n]+)'/m,
  /can't open file '([^'\n]+)': \[Errno 2\]/,
  /Cannot find package '([^'\n]+)' imported from/,
  /^\S*python[\d.]*: No module named '?([^'\s]+)'?$/m,
  /^\S*node: bad option: (\S+)$/m,
  /^(?:[\w/.+-]+: )+(?:\d+: )?(?:cannot open )?([^\s:]+): No such file(?: or directory)?$/m,
];

/** How those who fetch a program to run it (npx, pnpm dlx, bunx, uvx) say what they could not fetch: an address, or its name. */
const notFetched = [
  /^npm (?:error|ERR!) .*?(https?:\/\/\S+)/gm,
  /^\s*ERR_PNPM_\w+\s.*?(https?:\/\/[^\s:]+(?::\d+)?[^\s:]*)/gm,
  /^error: (?:GET |Failed to fetch: `)(https?:\/\/[^\s`]+)/gm,
  /\bBecause (\S+) was not found in the package registry/g,
];

/** The package that a command names and that could not be fetched; null for no such thing. */
function unfetched(words: readonly string[], output: string): string | null {
  const said = notFetched.flatMap((pattern) => [...output.matchAll(pattern)].map(([, what = '']) => what));
  const ends = said.map((what) => `/${what.replaceAll(/%2f/gi, '/').replace(/\/+$/, '')}`);
  const packages = words.map((word) => word.replace(/^--?[\w-]+=/, '').replace(/(?<=.)(?:@|==|\[).*$/, ''));
  return packages.find((name) => /\w/.test(name) && ends.some((end) => end.endsWith(`/${name}`))) ?? null;
}

/**
 * Why an agent's command could not begin: a program, script or package that the command itself names is not there, or
 * cannot be executed. Null for a command that ran, whatever became of it and of what it started.
 */
export function unstarted(agent: string, command: readonly string[], result: ExecResult): AgentUnusable | null {
  const { exitCode, output } = result;
  if (exitCode === null || exitCode === 0) return null;
  const words = command.flatMap((part) => part.split(/[\s;&|()"']+/)).filter((word) => word !== '');
  const missingPackage = unfetched(words, output);
  if (missingPackage !== null) {
    return {
      reason: 'agent-unusable',
      kind: 'program',
      detail: `The agent "${agent}" cannot start: the package ${missingPackage} cannot be fetched in its sandbox (exit ${exitCode})`,
      remedy:
        'Correct its name, or install it beforehand and name its program in the "command": a sandbox without "network" reaches no registry. Then run again.',
    };
  }
  const named = (path: string): string | undefined =>
    words.find((word) => path === word || path.endsWith(`/${word.replace(/^\.\//, '')}`));
  const program = missingProgram(result);
  const script = noScript.flatMap((pattern) => pattern.exec(output)?.[1] ?? [])[0];
  const missing = named(program ?? '') ?? (script === undefined ? undefined : named(script));
  if (missing === undefined) return null;
  // Of a script whose interpreter is missing, shells say that the script is not there.
  const isScript = program !== null && script === undefined && /[/.]/.test(missing);
  const how =
    exitCode === 126
      ? 'cannot be executed'
      : isScript
        ? 'is not there, or the interpreter that its first line names is not,'
        : 'is not there';
  return {
    reason: 'agent-unusable',
    kind: 'program',
    detail: `The agent "${agent}" cannot start: ${missing} ${how} in its sandbox (exit ${exitCode})`,
    remedy: /[/.]/.test(missing)
      ? 'Agents see committed files only: commit it, install its interpreter where everybody may read it, or correct the "command", then run again.'
      : 'Install it where everybody may read it, or correct the "command", then run again.',
  };
}
