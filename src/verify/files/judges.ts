import path from 'node:path';
import { patternMatches } from '../../model/path-pattern.ts';
import { interpreters, loading } from '../commands/interpreters.ts';
import { looksLikeTestPart, looksLikeVerification } from './judge-files.ts';
import { type BaseTree, besides, manifestScripts, readScript, startedBy } from '../commands/scripts.ts';
import { resolved, simpleCommands } from '../commands/shell-words.ts';

/** A command that judges, and the folder in which it starts. */
export interface JudgingCommand {
  readonly command: string;
  /** A folder of the repository; '' for its root. */
  readonly cwd: string;
}

/** Files of the tree that commands execute or name. */
export interface Judges {
  /** Programs whose exit code decides, and the scripts that they start. */
  readonly scripts: ReadonlySet<string>;
  /** Files beside a script that it imports: either a part of it, or its subject. */
  readonly helpers: ReadonlySet<string>;
  /** Programs whose output another command reads: they are tested, and do not judge. */
  readonly observed: ReadonlySet<string>;
  /** Files named as tests: by path, folder or pattern. Files that do not exist yet are included. */
  readonly tests: ReadonlySet<string>;
  /** Every file of the tree that a command names, for any purpose. */
  readonly named: ReadonlySet<string>;
}

/** Maximum depth of scripts that start scripts. */
const maxDepth = 6;

const runners =
  /^(?:pytest|py\.test|nose2?|vitest|jest|mocha|ava|tap|tape|jasmine|karma|playwright|cypress|rspec|minitest|phpunit|pest|behave|cucumber(?:-js)?|prove|bats|busted|ginkgo|gotestsum|nextest|unittest)$/;
/** Programs that only read the files that they name: those files do not judge. */
const readers =
  /^(?:grep|egrep|fgrep|rg|ag|test|\[|\[\[|diff|cmp|cat|ls|jq|yq|head|tail|wc|sed|awk|echo|printf|find|stat|file|cp|mv|rm|mkdir|touch|ln|sort|uniq|cut|tr|tee|true|false|:|cd|export|set|curl|wget|git|md5sum|sha\d*sum|xxd|od|readlink|realpath|basename|dirname|which|type)$/;
/** Folders that runners search for tests but that also hold sources. */
export const sources = /^(?:$|(?:src|lib|app|apps|packages|pkg|internal|cmd|server|client)(?:\/|$))/;
const managers = /^(?:npm|pnpm|yarn|bun)$/;

/**
 * The files that commands execute and name, through the scripts of package managers, make and just, and the shell scripts
 * that they start. A program whose output another command reads is left out: the reader judges.
 */
export async function findJudges(commands: readonly JudgingCommand[], base: BaseTree): Promise<Judges> {
  const scripts = new Set<string>();
  const tests = new Set<string>();
  const observed = new Set<string>();
  const named = new Set<string>();
  const seen = new Set<string>();
  /** True inside a test: the programs that a test starts are its subject. */
  let isInTest = false;
  const follow = async ({ command, cwd }: JudgingCommand, depth: number): Promise<void> => {
    if (depth > maxDepth || seen.has(`${cwd}\0${command}`)) return;
    seen.add(`${cwd}\0${command}`);
    let folder = cwd;
    const simple = simpleCommands(command);
    if (simple.some(({ words }) => runsWhatIsRead(words))) {
      // Which of the named files are fed to the shell is not worked out: all are included.
      for (const word of command.split(/[\s;&|<>()'"`$]+/)) {
        const file = resolved(folder, word);
        if (file !== null && base.files.has(file)) await addScript(file, folder, false, depth);
      }
    }
    for (const { words: written, isObserved } of simple) {
      const words = written.filter((word) => !/^[A-Za-z_]\w*=/.test(word));
      // NODE_OPTIONS loads modules just as command-line options do.
      for (const word of written)
        if (word.startsWith('NODE_OPTIONS=')) await followScript(word.slice(13).split(/\s+/), folder, false, depth);
      for (const word of written) {
        const file = resolved(folder, word.replace(/^-{0,2}[\w-]+=/, '').replace(/::.*$/, ''));
        if (file !== null && base.files.has(file)) named.add(file);
      }
      const head = words[0];
      if (head === undefined) continue;
      if (head === 'cd' || head === 'pushd') {
        folder = resolved(folder, words[1] ?? '') ?? folder;
        continue;
      }
      const at = words.findIndex((word, index) => isProgram(word, folder, base.files, isFirst(words, index)));
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
      if (!isPattern && (base.files.has(file) || /\.\w+$/.test(file))) tests.add(file);
      else if (isPattern || !sources.test(file))
        for (const each of base.files)
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
          if (base.files.has(resolved(folder, file) ?? ''))
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
    if (!isObserved && !base.files.has(file)) tests.add(file); // does not exist yet: its author writes the judge
    if (isObserved || !base.files.has(file) || scripts.has(file)) return;
    scripts.add(file);
    const text = await readScript(base, file);
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
    let isScript = false; // `npm run t` runs the script `t`, while `npm t` runs `test`
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
    const scriptsOf = await manifestScripts(base, where);
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
      if (file === null || !base.files.has(file)) continue;
      scripts.add(file);
      // Which recipes belong to the target is not worked out: all are included.
      const text = await readScript(base, file);
      for (const line of text.split('\n'))
        if (/^\s+\S/.test(line))
          await follow({ command: line.replace(/^\s+[@+-]*/, '').replaceAll('$$', '$'), cwd: where }, depth + 1);
    }
  };

  for (const command of commands) await follow(command, 0);
  const helpers = new Set<string>();
  for (const script of scripts) for (const file of await besides(script, base)) helpers.add(file);
  return { scripts, helpers, observed, tests, named };
}

/** True for a command that runs text as code: `eval`, or an interpreter that reads standard input. */
function runsWhatIsRead(words: readonly string[]): boolean {
  const named = words.filter((word) => !/^[A-Za-z_]\w*=/.test(word));
  if (named[0] === 'eval') return true;
  const at = named.findIndex((word) =>
    /^(?:sh|bash|zsh|dash|ash|ksh|node|python[\d.]*|perl|ruby)$/.test(path.posix.basename(word)),
  );
  return at >= 0 && named.slice(at + 1).every((word) => /^-(?:s|-|-input-type=\w+)?$/.test(word));
}

/** Words that may precede a program: wrappers and shell keywords. */
const starters =
  /^(?:env|timeout|nice|ionice|time|command|exec|nohup|stdbuf|setsid|xargs|sudo|doas|unbuffer|flock|chronic|do|then|else|elif|if|while|until|!|-.*|\d[\w.]*|KILL|TERM|INT)$/;

/** True if only such words precede this one, so that it is the program. */
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
