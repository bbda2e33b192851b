import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeRepository } from './repository.ts';
import { numbers } from './units.ts';

type Made = Awaited<ReturnType<typeof makeRepository>>;

/**
 * A repository with a history like that of a small library: changes of one module, of two that belong together, of one line that many
 * change, new modules, moves, follow-ups that build on the change before, and in half of the commits a line in the changelog.
 */
export async function makeHistory(commits: number): Promise<Made> {
  const made = await makeRepository(100);
  const { repository, git } = made;
  const random = numbers(11);
  const pick = (below: number): number => Math.floor(random() * below);
  const at = (file: string): string => path.join(repository.root, file);
  const write = (file: string, lines: readonly string[]): void => {
    mkdirSync(path.dirname(at(file)), { recursive: true });
    writeFileSync(at(file), `${lines.join('\n')}\n`);
  };
  const read = (file: string): string[] => readFileSync(at(file), 'utf8').trimEnd().split('\n');
  const modules = Array.from({ length: 12 }, (_, index) => `src/m${index}.txt`);
  const body = (name: string): string[] => Array.from({ length: 60 }, (_, line) => `${name}: statement ${line}`);
  for (const file of modules) write(file, body(file));
  write('src/list.txt', modules);
  write('src/options.txt', ['The options of all modules:', 'verbose', 'End of the options.']);
  write('CHANGELOG.md', [
    '# Changelog',
    '',
    '## Next',
    '',
    '- The first version is there',
    '',
    '## 0.1',
    '',
    '- Begun',
  ]);
  const commit = (message: string): void => {
    git('add', '--all');
    git('commit', '--quiet', '--message', message);
  };
  commit('Begin');
  const edit = (file: string, line: number, text: string): void => {
    const lines = read(file);
    lines.splice(line, 1, text);
    write(file, lines);
  };
  let last = { file: modules[0] ?? '', line: 0 };
  for (let index = 0; index < commits; index++) {
    const which = pick(modules.length);
    const file = modules[which] ?? '';
    const line = pick(58);
    switch (index % 7) {
      case 3: {
        modules.push(`src/n${index}.txt`);
        write(`src/n${index}.txt`, body(`n${index}`));
        write('src/list.txt', [...read('src/list.txt'), `src/n${index}.txt`]);
        break;
      }
      case 5: {
        const moved = `src/moved${index}/${path.basename(file)}`;
        mkdirSync(path.dirname(at(moved)));
        git('mv', file, moved);
        edit(moved, line, `statement ${line} after the move ${index}`);
        edit('src/list.txt', read('src/list.txt').indexOf(file), moved);
        modules[which] = moved;
        if (last.file === file) last = { ...last, file: moved };
        break;
      }
      case 6:
        edit(last.file, last.line, `statement that follows up in ${index}`);
        break;
      default: {
        edit(file, line, `statement ${line} of change ${index}`);
        last = { file, line };
        const other = modules[(which + 1) % modules.length] ?? '';
        if (index % 4 === 1) edit('src/options.txt', 1, `${read('src/options.txt')[1] ?? ''}, o${index}`);
        if (index % 3 === 0) edit(other, pick(58), `statement that goes with change ${index}`);
      }
    }
    if (index % 2 === 0) {
      const lines = read('CHANGELOG.md');
      lines.splice(4, 0, `- Change ${index} is made`);
      write('CHANGELOG.md', lines);
    }
    commit(`Change ${index}`);
  }
  return made;
}
