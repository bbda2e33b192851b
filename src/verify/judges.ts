import path from 'node:path';
import { patternMatches } from '../model/path-pattern.ts';
import { interpreters, loading } from './interpreters.ts';
import { looksLikeTestPart, looksLikeVerification } from './judge-files.ts';
import { simpleCommands } from './shell-words.ts';

/** A command that decides something, and where it starts. */
export interface JudgingCommand {
  readonly command: string;
  /** A folder of the repository; '' for its root. */
  readonly cwd: string;
}

/** Where commands are looked up: the tree before the work. */
export interface Before {
  readonly files: ReadonlySet<string>;
  readonly read: (file: string) => Promise<string | null>;
}

/** The files of the tree that commands execute, and those that they name. */
export interface Judges {
  /** Programs whose own end decides, and the scripts that those start. */
  readonly scripts: ReadonlySet<string>;
  /** What scripts import that lies beside them: perhaps a part of them, perhaps what they look at. */
  readonly helpers: ReadonlySet<string>;
  /** Programs of which something else reads what they print: they are looked at. */
  readonly observed: ReadonlySet<string>;
  /** Named as tests: by path, by folder or by pattern. Files that are not there yet are among them. */
  readonly tests: ReadonlySet<string>;
  /** Every file of the tree that a command names by a word, whatever for. */
  readonly named: ReadonlySet<string>;
}

/** How deep scripts are followed that start others. */
const maxDepth = 6;
/** Characters of a script that are read. */
const maxChars = 200_000;

const runners =
  /^(?:pytest|py\.test|nose2?|vitest|jest|mocha|ava|tap|tape|jasmine|karma|playwright|cypress|rspec|minitest|phpunit|pest|behave|cucumber(?:-js)?|prove|bats|busted|ginkgo|gotestsum|nextest|unittest)$/;
/** Programs that only read what they name: what they look into is not what judges. */
const readers =
  /^(?:grep|egrep|fgrep|rg|ag|test|\[|\[\[|diff|cmp|cat|ls|jq|yq|head|tail|wc|sed|awk|echo|printf|find|stat|file|cp|mv|rm|mkdir|touch|ln|sort|uniq|cut|tr|tee|true|false|:|cd|export|set|curl|wget|git|md5sum|sha\d*sum|xxd|od|readlink|realpath|basename|dirname|which|type)$/;
/** Folders that runners search for tests, and that hold what is tested too. */
export const sources = /^(?:$|(?:src|lib|app|apps|packages|pkg|internal|cmd|server|client)(?:\/|$))/;
const managers = /^(?:npm|pnpm|yarn|bun)$/;

/**
 * What commands execute and name, with the scripts of package managers, make and just, and the shell scripts that they start.
 * A program of which something else reads the output is not among them: then that other one judges.
 */
export async function findJudges(commands: readonly JudgingCommand[], before: Before): Promise<Judges> {
  const scripts = new Set<string>();
  const tests = new Set<string>();
  const observed = new Set<string>();
  const named = new Set<string>();
  const seen = new Set<string>();
  /** What a test starts, or sources, is what it looks at. */
  let isInTest = false;
  const follow = async ({ command, cwd }: JudgingCommand, depth: number): Promise<void> => {
    if (depth > maxDepth || seen.has(`${cwd}\0${command}`)) return;
    seen.add(`${cwd}\0${command}`);
    let folder = cwd;
    const simple = simpleCommands(command);
    if (simple.some(({ words }) => runsWhatIsRead(words))) {
      // Which of the files that it names are fed to it is not worked out: all of them are.
      for (const word of command.split(/[\s;&|<>()'"`$]+/)) {
        const file = resolved(folder, word);
        if (file !== null && before.files.has(file)) await addScript(file, folder, false, depth);
      }
    }
    for (const { words: written, isObserved } of simple) {
      const words = written.filter((word) => !/^[A-Za-z_]\w*=/.test(word));
      // What Node is told by its environment is loaded as if it had been told by words.
      for (const word of written)
        if (word.startsWith('NODE_OPTIONS=')) await followScript(word.slice(13).split(/\s+/), folder, false, depth);
      for (const word of written) {
        const file = resolved(folder, word.replace(/^-{0,2}[\w-]+=/, '').replace(/::.*$/, ''));
        if (file !== null && before.files.has(file)) named.add(file);
      }
      const head = words[0];
      if (head === undefined) continue;
      if (head === 'cd' || head === 'pushd') {
        folder = resolved(folder, words[1] ?? '') ?? folder;
        continue;
      }
      const at = words.findIndex((word, index) => isProgram(word, folder, before.files, isFirst(words, index)));
      if (readers.test(head) || at < 0) {
        if (!readers.test(head)) nameTests(words.slice(1), folder, false);
        continue;
      }
      const program = words[at] ?? '';
      const rest = words.slice(at + 1);
      const name = path.posix.basename(program);
      if (managers.test(name)) await followManager(rest, folder, depth);
      else if (/^g?make$/.test(name)) await followFile(['GNUmakefile', 'makefile', 'Makefile'], rest, folder, depth);
      else if (name === 'just') await followFile(['justfile', 'Justfile', '.justfile'], rest, folder, depth);
      else if (runners.test(name)) nameTests(rest, folder, true);
      else if (interpreters.test(name)) await followScript(rest, folder, isObserved, depth);
      else await addScript(resolved(folder, program), folder, isObserved, depth);
    }
  };

  const nameTests = (words: readonly string[], folder: string, isRunner: boolean): void => {
    for (const word of words) {
      const file = word.startsWith('-') ? null : resolved(folder, word.replace(/::.*$/, ''));
      if (file === null || (!isRunner && !looksLikeTestPart(file))) continue;
      const isPattern = /[*?{]/.test(file);
      if (!isPattern && (before.files.has(file) || /\.\w+$/.test(file))) tests.add(file);
      else if (isPattern || !sources.test(file))
        for (const each of before.files)
          if (isPattern ? patternMatches(file, each) : each.startsWith(`${file}/`)) tests.add(each);
    }
  };

  const followScript = async (
    words: readonly string[],
    folder: string,
    isObserved: boolean,
    depth: number,
  ): Promise<void> => {
    for (let at = 0; at < words.length; at++) {
      const word = words[at] ?? '';
      const loads = loading.exec(word);
      if (loads) {
        await addScript(resolved(folder, loads[1] ?? words[++at] ?? ''), folder, false, depth);
      } else if (word === '-m') {
        const module = (words[at + 1] ?? '').replaceAll('.', '/');
        nameTests(
          words.slice(at + 2).map((each) => `${each.replaceAll('.', '/')}.py`),
          folder,
          false,
        );
        nameTests(words.slice(at + 2), folder, module !== 'unittest' && runners.test(module));
        for (const file of [`${module}.py`, `${module}/__main__.py`, `${module}/__init__.py`])
          if (before.files.has(resolved(folder, file) ?? ''))
            await addScript(resolved(folder, file), folder, isObserved, depth);
        return;
      } else if (word === '--test' || word === 'test') {
        nameTests(words.slice(at + 1), folder, true);
        return;
      } else if (/^-\w*c$|^-e$|^--eval$|^-p$|^--print$/.test(word)) {
        const code = words[at + 1] ?? '';
        if (/^-\w*c$/.test(word)) await follow({ command: code, cwd: folder }, depth + 1);
        return;
      } else if (!word.startsWith('-') && word !== 'run') {
        await addScript(resolved(folder, word), folder, isObserved, depth);
        return;
      }
    }
  };

  const addScript = async (file: string | null, folder: string, isRead: boolean, depth: number): Promise<void> => {
    if (file === null) return;
    const isObserved = isRead || (isInTest && !looksLikeTestPart(file) && !looksLikeVerification(file));
    if (isObserved) observed.add(file);
    if (!isObserved && !before.files.has(file)) tests.add(file); // not there yet: whoever writes it writes the judge
    if (isObserved || !before.files.has(file) || scripts.has(file)) return;
    scripts.add(file);
    const text = (await before.read(file))?.slice(0, maxChars) ?? '';
    const wasInTest = isInTest;
    isInTest ||= looksLikeTestPart(file);
    if (/\.(?:sh|bash|zsh|bats)$/.test(file) || /^#!.*\b(?:ba|z|da|k)?sh\b/.test(text))
      await follow({ command: text, cwd: folder }, depth + 1);
    else if (/^#!|\.(?:[cm]?[jt]s|py|rb|pl)$/.test(file) || text.startsWith('#!'))
      for (const named of startedBy(text)) await follow({ command: named, cwd: folder }, depth + 1);
    isInTest = wasInTest;
  };

  const followManager = async (words: readonly string[], folder: string, depth: number): Promise<void> => {
    let where = folder;
    let [name, rest]: [string | null, readonly string[]] = [null, []];
    let isScript = false; // named as one: `npm run t` is not `npm t`
    for (let at = 0; at < words.length; at++) {
      const word = words[at] ?? '';
      const given = /^(?:--prefix|-C|--dir|--cwd)(?:=(.*))?$/.exec(word);
      if (given) where = resolved(folder, given[1] ?? words[++at] ?? '') ?? where;
      else if (/^(?:-w|--workspace|-F|--filter)$/.test(word)) where = resolved(folder, words[++at] ?? '') ?? where;
      else if (/^(?:run|run-script|rum|urn)$/.test(word)) isScript = true;
      else if (word.startsWith('-') || /^(?:workspace|exec|x|dlx)$/.test(word)) continue;
      else {
        [name, rest] = [!isScript && /^(?:t|tst)$/.test(word) ? 'test' : word, words.slice(at + 1)];
        break;
      }
    }
    if (name === null) return;
    const scriptsOf = await manifestScripts(before, where);
    for (const each of [`pre${name}`, name, `post${name}`]) {
      const command = scriptsOf.get(each);
      if (command !== undefined)
        await follow(
          {
            command: `${command} ${rest.filter((word) => word !== '--').join(' ')}`,
            cwd: where,
          },
          depth + 1,
        );
    }
    // `npm exec vitest`, `pnpm vitest`: the runner itself.
    if (!scriptsOf.has(name)) await follow({ command: [name, ...rest].join(' '), cwd: where }, depth + 1);
  };

  const followFile = async (
    names: readonly string[],
    words: readonly string[],
    folder: string,
    depth: number,
  ): Promise<void> => {
    const at = words.findIndex((word) => /^(?:-C|--directory)$/.test(word));
    const where = at < 0 ? folder : (resolved(folder, words[at + 1] ?? '') ?? folder);
    const given = words.findIndex((word) => /^(?:-f|--file|--makefile|--justfile)$/.test(word));
    const files = given < 0 ? names.map((name) => resolved(where, name)) : [resolved(where, words[given + 1] ?? '')];
    for (const file of files) {
      if (file === null || !before.files.has(file)) continue;
      scripts.add(file);
      // Which recipes belong to the target is not worked out: all of them do.
      const text = (await before.read(file))?.slice(0, maxChars) ?? '';
      for (const line of text.split('\n'))
        if (/^\s+\S/.test(line))
          await follow({ command: line.replace(/^\s+[@+-]*/, '').replaceAll('$$', '$'), cwd: where }, depth + 1);
    }
  };

  for (const command of commands) await follow(command, 0);
  const helpers = new Set<string>();
  for (const script of scripts) for (const file of await besides(script, before)) helpers.add(file);
  return { scripts, helpers, observed, tests, named };
}

/** True for a command that runs text which it is given: an evaluation, or a shell without a script. */
function runsWhatIsRead(words: readonly string[]): boolean {
  const named = words.filter((word) => !/^[A-Za-z_]\w*=/.test(word));
  if (named[0] === 'eval') return true;
  const at = named.findIndex((word) =>
    /^(?:sh|bash|zsh|dash|ash|ksh|node|python[\d.]*|perl|ruby)$/.test(path.posix.basename(word)),
  );
  return at >= 0 && named.slice(at + 1).every((word) => /^-(?:s|-|-input-type=\w+)?$/.test(word));
}

/** A path as a command in a folder names it, from the repository's root; null when it leads out of it. */
export function resolved(folder: string, word: string): string | null {
  const plain = word.replace(/^\$(?:PWD|\{PWD\}|\(pwd\))(?=\/|$)/, '.');
  if (plain === '' || plain.startsWith('/') || plain.startsWith('~') || plain.startsWith('$')) return null;
  const file = path.posix.normalize(path.posix.join(folder === '' ? '.' : folder, plain)).replace(/\/$/, '');
  return file === '..' || file.startsWith('../') ? null : file === '.' ? '' : file;
}

/** Words that may stand before a program: they start it, or decide whether it is. */
const starters =
  /^(?:env|timeout|nice|ionice|time|command|exec|nohup|stdbuf|setsid|xargs|sudo|doas|unbuffer|flock|chronic|do|then|else|elif|if|while|until|!|-.*|\d[\w.]*|KILL|TERM|INT)$/;

/** True for the word of a command that is its program: what else it names is given to that. */
function isFirst(words: readonly string[], index: number): boolean {
  return words.slice(0, index).every((word) => starters.test(word));
}

function isProgram(word: string, folder: string, files: ReadonlySet<string>, isStarted: boolean): boolean {
  const name = path.posix.basename(word);
  if (interpreters.test(name) || runners.test(name) || managers.test(name) || /^g?make$|^just$/.test(name)) return true;
  if (!isStarted) return false;
  const file = word.includes('/') || /\.\w+$/.test(word) ? resolved(folder, word) : null;
  return file !== null && (files.has(file) || /^\.{1,2}\//.test(word));
}

async function manifestScripts(before: Before, folder: string): Promise<Map<string, string>> {
  const text = await before.read(folder === '' ? 'package.json' : `${folder}/package.json`);
  try {
    const manifest: unknown = JSON.parse(text ?? '');
    const scripts =
      typeof manifest === 'object' && manifest !== null && 'scripts' in manifest ? manifest.scripts : null;
    return new Map(
      typeof scripts === 'object' && scripts !== null
        ? Object.entries(scripts).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
        : [],
    );
  } catch {
    return new Map(); // no manifest that could be read: it names nothing
  }
}

/** Command lines that a script of another language starts, as far as its text shows them: quoted words that name a program. */
function startedBy(text: string): string[] {
  const found: string[] = [];
  for (const [, quoted = ''] of text.matchAll(/["'`]([^"'`\n]{3,300})["'`]/g))
    if (/^(?:(?:node|python[\d.]*|sh|bash|npm|pnpm|yarn|make)\s|[\w./-]+\.(?:sh|bash)\b)/.test(quoted))
      found.push(quoted);
  return found;
}

/** The files in a script's own folder, or below, that it imports, and what those import. */
async function besides(script: string, before: Before): Promise<string[]> {
  const folder = path.posix.dirname(script);
  const found = new Set<string>();
  const queue = [script];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    const text = (await before.read(file))?.slice(0, maxChars) ?? '';
    for (const name of importedBy(text, file)) {
      for (const each of [
        name,
        ...['.js', '.mjs', '.cjs', '.ts', '.mts', '.py', '.sh', '.rb', '/index.js', '/index.ts', '/__init__.py'].map(
          (end) => name + end,
        ),
      ]) {
        const isBeside = folder === '.' ? !each.includes('/') : each.startsWith(`${folder}/`);
        if (!isBeside || !before.files.has(each) || found.has(each) || each === script) continue;
        found.add(each);
        queue.push(each);
      }
    }
  }
  return [...found];
}

function importedBy(text: string, file: string): string[] {
  const folder = path.posix.dirname(file);
  const names: string[] = [];
  const add = (name: string | null): void => void (name !== null && name !== '' && names.push(name));
  for (const [, quoted = ''] of text.matchAll(/["'](\.{1,2}\/[^"'\n]+)["']/g)) add(resolved(folder, quoted));
  if (file.endsWith('.py'))
    for (const [, from = ''] of text.matchAll(/^[ \t]*(?:from|import)[ \t]+([\w.]+)/gm))
      add(resolved(folder, from.replace(/^\.+/, '').replaceAll('.', '/')));
  for (const [, sourced = ''] of text.matchAll(
    /^[ \t]*(?:\.|source)[ \t]+["']?(?:\$\(dirname "?\$0"?\)\/)?([^\s"']+)/gm,
  )) {
    add(resolved(folder, sourced));
    add(resolved('', sourced));
  }
  return names;
}
