import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inputError } from '../../model/diagnostic.ts';
import { databaseName } from '../../queue/database.ts';
import { findRepository } from '../../repo/repository.ts';
import { configName } from '../../specs/config.ts';
import { findSpecFiles } from '../../specs/walk.ts';
import { readConfined } from '../../util/confined-file.ts';
import { refuseLinkOut } from '../project.ts';
import { resolved, statePlace } from '../state-place.ts';

/** What was made, and what was there. */
export interface Initialized {
  readonly folder: string;
  /** Files, relative to the folder. */
  readonly made: readonly string[];
  readonly kept: readonly string[];
}

const exampleSpec = `---
id: hello-file
touches: ["hello.txt"]
---
# A file that says hello

This is an example of a spec: what is wanted and why, in plain words. Change it, or delete it.

## Acceptance criteria

- [ ] The file greets the world — check: \`grep -q "Hello, world" hello.txt\`
`;

/**
 * Makes a specs folder with a configuration and an example. What is there stays as it is: where there is a configuration
 * nothing is made, and the example comes only into a folder in which nobody has worked yet.
 */
export async function initFolder(folder: string): Promise<Initialized> {
  const absolute = path.resolve(folder);
  await refuseLinkOut(folder);
  const there = await whatIsThere(absolute);
  if (there.configuration !== null) return { folder: absolute, made: [], kept: [there.configuration] };
  const config = { into: 'backlog/next', checks: testCheck(path.dirname(absolute)), limits: { maxAgents: 4 } };
  const example = { 'hello-file.md': exampleSpec, 'followups.md': '# Followups\n' };
  const files = {
    [configName]: `${JSON.stringify(config, null, 2)}\n`,
    ...(there.specs.length === 0 && !there.hasQueue ? example : {}),
  };
  try {
    await mkdir(absolute, { recursive: true });
  } catch (error) {
    throw inputError(
      'cannot-make',
      `${folder} cannot be made (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
      'Name another folder.',
    );
  }
  const made: string[] = [];
  const kept = [...there.specs];
  for (const [name, text] of Object.entries(files)) {
    try {
      await writeFile(path.join(absolute, name), text, { flag: 'wx' });
      made.push(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      kept.push(name);
    }
  }
  return { folder: absolute, made, kept };
}

/** What a folder holds of a specs folder. */
async function whatIsThere(folder: string): Promise<{
  /** The configuration that holds for it, relative to it; null for none. */
  readonly configuration: string | null;
  readonly specs: readonly string[];
  /** True when specs of this folder were worked on here. */
  readonly hasQueue: boolean;
}> {
  const real = resolved(folder);
  const root = (await findRepository(real))?.root ?? real;
  const found = [real, root].map((at) => path.join(at, configName)).find((file) => existsSync(file));
  return {
    configuration: found === undefined ? null : path.relative(real, found),
    specs: existsSync(real) ? findSpecFiles(real, []).files : [],
    hasQueue: existsSync(path.join(statePlace(real), databaseName)),
  };
}

/** The most that is read of a package.json. */
const maxManifestBytes = 1024 * 1024;

/** `npm test` as a check when the project beside the folder has such a script of its own. */
function testCheck(folder: string): Record<string, string> {
  try {
    const parsed = JSON.parse(readConfined(folder, 'package.json', maxManifestBytes)?.toString('utf8') ?? '') as {
      scripts?: { test?: unknown };
    };
    const script = parsed.scripts?.test;
    return typeof script === 'string' && !script.includes('no test specified') ? { test: 'npm test' } : {};
  } catch {
    return {}; // no package.json that can be read: no check to suggest
  }
}
