import { readdirSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from '../util/files/programs.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** A version manager, whose shims choose which version of a tool runs. */
interface Manager {
  /** The variable with its folder; without it, it looks in HOME, which differs in a sandbox. */
  readonly variable: string;
  /** Its folder below the home folder. */
  readonly folder: string;
  /** The needed parts of it, without logins. */
  readonly parts: readonly string[];
  /** A program that indicates it if none of its folders is on PATH. */
  readonly program?: string;
}

const ofShell = ['bin', 'shims', 'libexec', 'lib', 'versions', 'version', 'plugins', 'completions'];
const likePyenv = ['pyenv', 'rbenv', 'nodenv', 'goenv', 'jenv', 'plenv', 'phpenv', 'luaenv'].map((name): Manager => {
  return { variable: `${name.toUpperCase()}_ROOT`, folder: `.${name}`, parts: [...ofShell, `${name}.d`] };
});

const managers: readonly Manager[] = [
  // Not CARGO_HOME, which contains logins: cargo creates one in the commands' home folder.
  {
    variable: 'RUSTUP_HOME',
    folder: '.rustup',
    parts: ['toolchains', 'settings.toml', 'update-hashes', 'tmp'],
    program: 'rustup',
  },
  ...likePyenv,
  {
    variable: 'ASDF_DATA_DIR',
    folder: '.asdf',
    parts: ['bin', 'lib', 'libexec', 'shims', 'installs', 'plugins', 'asdf.sh'],
  },
  { variable: 'MISE_DATA_DIR', folder: '.local/share/mise', parts: ['shims', 'installs', 'plugins'] },
  { variable: 'VOLTA_HOME', folder: '.volta', parts: ['bin', 'tools', 'volta-shim'] },
  { variable: 'DOTNET_ROOT', folder: '.dotnet', parts: ['dotnet', 'sdk', 'shared', 'host', 'packs', 'templates'] },
];

/** The needed files of version managers whose programs are on PATH, and their variables. */
export function managersIn(
  entries: readonly string[],
  home: string | null,
  env: Env,
): { readonly parts: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const parts: string[] = [];
  const variables: Record<string, string> = {};
  for (const { variable, folder, parts: wanted, program } of managers) {
    const named = env[variable];
    const root =
      named !== undefined && path.isAbsolute(named)
        ? path.resolve(named)
        : home === null
          ? null
          : path.join(home, folder);
    if (root === null) continue;
    const isOnPath = entries.some((entry) => entry === root || entry.startsWith(`${root}/`));
    if (!isOnPath && (program === undefined || findProgram(program, '/', entries.join(path.delimiter)) === null))
      continue;
    variables[variable] = root;
    for (const part of wanted)
      parts.push(...(part === 'plugins' ? programsOf(path.join(root, part)) : [path.join(root, part)]));
  }
  return { parts, env: variables };
}

/** The programs that plugins run; each plugin is a clone whose configuration may contain a login. */
function programsOf(plugins: string): string[] {
  try {
    const names = readdirSync(plugins);
    return names.flatMap((name) =>
      ['bin', 'etc', 'lib', 'libexec', 'share', 'shims'].map((part) => path.join(plugins, name, part)),
    );
  } catch {
    return []; // there are none
  }
}
