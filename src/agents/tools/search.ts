import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { patternMatches, patternProblem } from '../../model/path-pattern.ts';
import { defineTool, ok, wrong } from './tool.ts';

const maxFiles = 50_000;

/** The plain files below a workspace, sorted, relative to it; links are not followed, `.git` and node_modules are left out. */
async function walk(root: string): Promise<string[]> {
  const files: string[] = [];
  const folders = [''];
  for (let folder = folders.shift(); folder !== undefined && files.length < maxFiles; folder = folders.shift()) {
    const entries = await readdir(path.join(root, folder), { withFileTypes: true });
    for (const entry of entries) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.name === '.git' || entry.name === 'node_modules') continue;
      if (entry.isDirectory()) folders.push(name);
      else if (entry.isFile()) files.push(name);
    }
  }
  return files.toSorted();
}

/** Lists files of the workspace by pattern. */
export const globTool = defineTool({
  name: 'glob',
  description: 'Lists the files whose paths match a pattern, e.g. "src/**/*.ts". "**" lists all.',
  access: 'read',
  schema: z.object({ pattern: z.string().min(1) }),
  summary: (input) => input.pattern,
  async run(input, { workspace }) {
    const problem = patternProblem(input.pattern);
    if (problem !== null) return wrong(`The pattern cannot be used: ${problem}.`);
    const files = (await walk(workspace.path)).filter((file) => patternMatches(input.pattern, file));
    return ok(files.length === 0 ? 'No file matches.' : files.join('\n'));
  },
});

/** Runs in a worker thread, so that a pattern that backtracks for ever can be ended. */
const search = `
const { parentPort, workerData } = require('node:worker_threads');
const { files, pattern, flags, limit } = workerData;
const expression = new RegExp(pattern, flags);
const found = [];
for (const { name, text } of files) {
  const lines = text.split('\\n');
  for (let i = 0; i < lines.length && found.length < limit; i++) {
    if (expression.test(lines[i])) found.push(name + ':' + (i + 1) + ':' + lines[i].slice(0, 500));
  }
}
parentPort.postMessage(found);
`;
const searchLimitMs = 10_000;

/** The worker's answer; null when it takes too long. The worker is gone afterwards. */
async function searchIn(worker: Worker): Promise<string[] | null> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<string[] | null>((resolve, reject) => {
      timer = setTimeout(() => resolve(null), searchLimitMs);
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

/** Searches lines of the workspace; ends an expression that takes more than ten seconds. */
export const grepTool = defineTool({
  name: 'grep',
  description: 'Searches the lines of files with a JavaScript regular expression; gives path:line:text.',
  access: 'read',
  schema: z.object({
    pattern: z.string().min(1),
    path: z.string().optional().describe('Pattern of the files to search; default all.'),
    ignoreCase: z.boolean().optional(),
  }),
  summary: (input) => `${input.pattern}${input.path === undefined ? '' : ` in ${input.path}`}`,
  async run(input, { workspace }) {
    const flags = input.ignoreCase === true ? 'i' : '';
    try {
      new RegExp(input.pattern, flags);
    } catch (error) {
      return wrong(`The expression cannot be used: ${(error as Error).message}`);
    }
    const only = input.path;
    if (only !== undefined && patternProblem(only) !== null)
      return wrong(`The path pattern cannot be used: ${patternProblem(only) ?? ''}.`);
    const files: { name: string; text: string }[] = [];
    for (const name of await walk(workspace.path)) {
      if (only !== undefined && !patternMatches(only, name)) continue;
      const absolute = path.join(workspace.path, name);
      if ((await lstat(absolute)).size > 1024 * 1024) continue;
      const text = await readFile(absolute, 'utf8');
      if (!text.includes('\0')) files.push({ name, text });
    }
    const worker = new Worker(search, { eval: true, workerData: { files, pattern: input.pattern, flags, limit: 500 } });
    const found = await searchIn(worker);
    if (found === null) return wrong('The search took longer than 10 seconds; use a simpler expression.');
    return ok(found.length === 0 ? 'Nothing found.' : found.join('\n'));
  },
});
