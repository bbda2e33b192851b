import type { ExecResult } from '../../model/agent.ts';
import type { AgentUnusable } from '../../model/failure.ts';
import { missingProgram } from '../../util/explain/missing-program.ts';

/** How node, python and shells report a missing script, module or option. */
const noScript = [
  /^Error: Cannot find module '([^'\n]+)'/m,
  /can't open file '([^'\n]+)': \[Errno 2\]/,
  /Cannot find package '([^'\n]+)' imported from/,
  /^\S*python[\d.]*: No module named '?([^'\s]+)'?$/m,
  /^\S*node: bad option: (\S+)$/m,
  /^(?:[\w/.+-]+: )+(?:\d+: )?(?:cannot open )?([^\s:]+): No such file(?: or directory)?$/m,
];

/** How npx, pnpm dlx, bunx and uvx report a package that they cannot fetch: by its URL or name. */
const notFetched = [
  /^npm (?:error|ERR!) .*?(https?:\/\/\S+)/gm,
  /^\s*ERR_PNPM_\w+\s.*?(https?:\/\/[^\s:]+(?::\d+)?[^\s:]*)/gm,
  /^error: (?:GET |Failed to fetch: `)(https?:\/\/[^\s`]+)/gm,
  /\bBecause (\S+) was not found in the package registry/g,
];

/** The package in a command that could not be fetched; null for none. */
function unfetched(words: readonly string[], output: string): string | null {
  const said = notFetched.flatMap((pattern) => [...output.matchAll(pattern)].map(([, what = '']) => what));
  const ends = said.map((what) => `/${what.replaceAll(/%2f/gi, '/').replace(/\/+$/, '')}`);
  const packages = words.map((word) => word.replace(/^--?[\w-]+=/, '').replace(/(?<=.)(?:@|==|\[).*$/, ''));
  return packages.find((name) => /\w/.test(name) && ends.some((end) => end.endsWith(`/${name}`))) ?? null;
}

/**
 * Why an agent's command did not start: a program, script or package in the command is missing or not executable. Null
 * for a command that ran, even if it or its children failed.
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
  // Shells also report a script as missing if its interpreter is.
  const isScript = program !== null && script === undefined && /[/.]/.test(missing);
  const how =
    exitCode === 126
      ? 'cannot be executed'
      : isScript
        ? 'or the interpreter in its first line is missing'
        : 'is missing';
  return {
    reason: 'agent-unusable',
    kind: 'program',
    detail: `The agent "${agent}" cannot start: ${missing} ${how} in its sandbox (exit ${exitCode})`,
    remedy: /[/.]/.test(missing)
      ? 'Agents see committed files only: commit it, install its interpreter where all users can read it, or correct the "command", then run again.'
      : 'Install it where all users can read it, or correct the "command", then run again.',
  };
}
