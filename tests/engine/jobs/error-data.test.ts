import { expect, test } from 'vitest';
import { Interrupted } from '../../../src/engine/context/interrupted.ts';
import { fatalError } from '../../../src/engine/context/machine.ts';
import { fromData, toData } from '../../../src/engine/jobs/error-data.ts';
import { inputError, machineFault } from '../../../src/model/diagnostic.ts';

/** An error of the system about a path. */
const ofSystem = (code: string): Error => Object.assign(new Error(`${code}: no`), { code, path: '/cache/x' });

test.each<[string, Error, string, string]>([
  ['a full disk', ofSystem('ENOSPC'), 'Interrupted', 'MachineError'],
  ['a box that did not start', new Interrupted({ kind: 'broken', why: 'no box' }), 'Interrupted', 'MachineError'],
  ['a worker that was lost', new Interrupted({ kind: 'lost', why: 'gone' }), 'Interrupted', 'MachineError'],
  ['a busy queue', machineFault('database-busy', 'busy'), 'MachineError', 'MachineError'],
  ['a folder of another user', ofSystem('EACCES'), 'InputError', 'InputError'],
  ['a file in the place of a folder', ofSystem('ENOTDIR'), 'InputError', 'InputError'],
  ['what the user has to correct', inputError('x', 'not so'), 'InputError', 'InputError'],
  ['a bug', new Error('Internal error: no'), 'Error', 'Error'],
  ['an error of the system without a path', Object.assign(new Error('EACCES'), { code: 'EACCES' }), 'Error', 'Error'],
])('%s is the same kind of error on the other side, and for the run that it ends', (_name, error, name, ending) => {
  const back = fromData(JSON.parse(JSON.stringify(toData(error))) as ReturnType<typeof toData>);
  expect([back.name, (fatalError(back) as Error).name]).toEqual([name, ending]);
});
