import { expect } from 'vitest';
import type { UnitSpec } from '../../src/model/unit.ts';
import { readSpecs } from '../../src/specs/units/read.ts';
import { temporaryFolder, writeFiles } from './project.ts';

/** The units of a specs folder with these files, of which none is wrong as a whole. */
export async function readUnits(files: Readonly<Record<string, string>>): Promise<readonly UnitSpec[]> {
  const folder = temporaryFolder();
  writeFiles(folder, files);
  const names = { phases: [], agents: [], recipes: [], ignore: [] };
  const { units, diagnostics } = await readSpecs({ folder, ...names, listTargetFiles: () => Promise.resolve([]) });
  expect(diagnostics).toEqual([]);
  return units;
}
