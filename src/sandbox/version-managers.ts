import { readdirSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from '../util/files/programs.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** A program that stands for many: its shims choose which version of a tool runs, from what it keeps in a folder. */
interface Manager {
  /** The variable that names its folder; without it, it looks below HOME, which is another one in a sandbox. */
  readonly variable: string;
  /** Its folder below the home folder. */
  readonly folder: string;
  /** What of it is needed, and holds no logins. */
  readonly parts: readonly string[];
  /** A program by which it is told, where none of its folders is on PATH. */
  readonly program?: string;
}

const ofShell = ['bin', 'shims', 'libexec', 'lib', 'versions', 'version', 'plugins', 'completions'];
const likePyenv = ['pyenv', 'rbenv', 'nodenv', 'goenv', 'jenv', 'plenv', 'phpenv', 'luaenv'].map((name): Manager => {
  return { variable: `${name.toUpperCase()}_ROOT`, folder: `.${name}`, parts: [...ofShell, `${name}.d`] };
});

const managers: readonly Manager[] = [
  // Not CARGO_HOME, where logins are: cargo makes one in the home folder that commands have.
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

/** What the version managers need whose programs are on PATH, and the variables that lead them there. */
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

/** What plugins run: each is a clone, whose configuration may hold a login. */
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
