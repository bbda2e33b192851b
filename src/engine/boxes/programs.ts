import { realpathSync } from 'node:fs';
import path from 'node:path';
import type { AskProgram } from '../../agents/configured/back-end.ts';
import { runAsOutside } from '../../sandbox/outside.ts';
import type { TierName } from '../../sandbox/tier.ts';
import { findProgram } from '../../util/files/programs.ts';
import { printableLine } from '../../util/text/printable.ts';

/** Programs of toolchains, and their arguments to print a version. */
const asked: readonly (readonly string[])[] = [
  ...(
    'node npm npx yarn pnpm bun deno python python3 pip pip3 poetry uv pipenv tox pytest ruby gem bundle cargo rustc ' +
    'rustfmt javac mvn gradle kotlinc scala sbt php composer perl dotnet swift dart elixir mix ghc cabal stack cmake ' +
    'make gcc clang zig julia Rscript terraform'
  )
    .split(' ')
    .map((name) => [name, '--version']),
  ['java', '-version'],
  ['go', 'version'],
];

/** A program that works for the user but not in the sandbox. */
export interface Unusable {
  readonly name: string;
  readonly file: string;
  /** Its output in the sandbox. */
  readonly why: string;
}

function isOfSystem(file: string): boolean {
  return /^\/(?:usr\/)?s?bin\/[^/]+$/.test(file);
}

/** `python3` is installed as `python3.11`, and `python` may be a link to it. */
function stemOf(name: string): string {
  return name.replace(/\d+$/, '');
}

/** Maximum boxes at a time. */
const atOnce = 4;

/**
 * Tries the toolchains' programs on PATH in a box, and returns those that only work for the user. Skipped: programs in
 * `/usr/bin` under their own names, which every box has, and those in `notIn`, which must not start outside of a sandbox. A
 * link to a launcher there (snap, rustup) does not count as a name of its own.
 */
export async function unusablePrograms(of: {
  readonly tier: TierName;
  readonly ask: AskProgram;
  readonly searchPath: string;
  /** The user's home folder; null if they have none. */
  readonly home: string | null;
  readonly toolEnv: Readonly<Record<string, string>>;
  /** Absolute paths of folders. */
  readonly notIn: readonly string[];
}): Promise<readonly Unusable[]> {
  const found = asked.flatMap((argv) => {
    const file = findProgram(argv[0] ?? '', '/', of.searchPath);
    const real = file === null ? '/usr/bin/x' : realpathSync(file);
    const isPlain = [real, file ?? real].every(isOfSystem) && path.basename(real).startsWith(stemOf(argv[0] ?? ''));
    const isForeign = of.notIn.some((folder) => [real, file ?? ''].some((one) => one.startsWith(`${folder}/`)));
    return file === null || isPlain || isForeign ? [] : [{ file, argv }];
  });
  const unusable: Unusable[] = [];
  for (let at = 0; at < found.length; at += atOnce) {
    const ends = found.slice(at, at + atOnce).map(async ({ file, argv }) => {
      const inside = await of.ask(argv);
      if (inside.exitCode === 0) return [];
      const env = {
        ...of.toolEnv,
        PATH: of.searchPath,
        HOME: of.home ?? '/nonexistent',
        COREPACK_ENABLE_NETWORK: '0',
      };
      const outside = await runAsOutside(of.tier, argv, env);
      if (outside?.exitCode !== 0) return [];
      const lines = inside.output.trim().split('\n');
      const line = lines.find((one) => /error|not found|no such|cannot|could not/i.test(one)) ?? lines.at(-1) ?? '';
      return [
        {
          name: argv[0] ?? path.basename(file),
          file,
          why: printableLine(line, 200) || `exit ${inside.exitCode ?? '?'}`,
        },
      ];
    });
    unusable.push(...(await Promise.all(ends)).flat());
  }
  return unusable;
}
