import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readSpecs } from '../../../src/specs/units/read.ts';
import { temporaryFolder, writeFiles } from '../../support/project.ts';

const spec = '# A\n\n## Acceptance criteria\n\n- [ ] It works\n';

/** Writes files whose names are bytes of Latin-1. */
function writeLatin(folder: string, names: readonly string[]): void {
  for (const name of names) {
    const at = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')]);
    const end = at.lastIndexOf('/');
    mkdirSync(at.subarray(0, end), { recursive: true });
    writeFileSync(at, spec);
  }
}

async function read(folder: string, isRepository: boolean): Promise<{ files: string[]; told: string[] }> {
  const names = { phases: [], agents: [], recipes: [], ignore: ['ignored/**'] };
  const listTargetFiles = (): Promise<string[]> => Promise.resolve([]);
  const { units, diagnostics } = await readSpecs({ folder, ...names, isRepository, listTargetFiles });
  return {
    files: units.map(({ file }) => file),
    told: diagnostics.map(({ severity, code, file, message }) => `${severity} ${code} ${file}: ${message}`),
  };
}

test.each([
  [false, 'error'],
  [true, 'warning'],
])('a name that is not UTF-8 is told, in a repository (%j) as a %s', async (isRepository, severity) => {
  const folder = temporaryFolder();
  writeFiles(folder, { 'specs/a.md': spec, 'specs/gr\u00fc\u00dfe.md': spec, 'specs/odd\ufffd.md': spec });
  writeLatin(folder, [
    'specs/caf\u00e9.md',
    '\u00ff/b.md',
    'photo\u00e9.png',
    'ignored/\u00e9.md',
    '.hidden/\u00e9.md',
  ]);
  expect(await read(folder, isRepository)).toEqual({
    files: ['specs/a.md', 'specs/gr\u00fc\u00dfe.md', 'specs/odd\ufffd.md'],
    told: [
      `${severity} name-not-utf8 specs/caf\ufffd.md: the name of this file is not UTF-8, so it is not read`,
      'warning name-not-utf8 \ufffd: the name of this folder is not UTF-8, so nothing in it is read',
    ],
  });
});

test.runIf(process.platform === 'linux')(
  'a file of a format that is read together with it is told as an error',
  async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'backlog/config.yml': 'statuses: []\n' });
    writeLatin(folder, ['backlog/tasks/task-1 - \u00e9.md']);
    expect(await read(folder, true)).toEqual({
      files: [],
      told: [
        'error name-not-utf8 backlog/tasks/task-1 - \ufffd.md: the name of this file is not UTF-8, so it is not read',
      ],
    });
  },
);
