import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { unusablePrograms } from '../../../src/engine/boxes/programs.ts';
import { findProgram } from '../../../src/util/files/programs.ts';
import { temporaryFolder } from '../../support/project.ts';

const hasBwrap = findProgram('bwrap', '/', process.env['PATH'] ?? '') !== null;

test.runIf(hasBwrap)(
  'a link to a launcher of the system is tried, as snap makes them; a program of the system is not',
  async () => {
    const bin = temporaryFolder();
    symlinkSync('/usr/bin/env', path.join(bin, 'tox')); // works outside, whatever it starts
    const tried: (string | undefined)[] = [];
    const found = await unusablePrograms({
      tier: 'strict',
      ask: async ([name]) => {
        tried.push(name);
        return { exitCode: 46, signal: null, timedOut: false, durationMs: 1, output: 'cannot connect to the daemon\n' };
      },
      searchPath: `${bin}:/usr/bin:/bin`,
      home: null,
      toolEnv: {},
      notIn: [],
    });
    expect(found.filter(({ name }) => name === 'tox')).toEqual([
      { name: 'tox', file: path.join(bin, 'tox'), why: 'cannot connect to the daemon' },
    ]);
    expect(tried).not.toContain('perl');
  },
);
