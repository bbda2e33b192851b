import { constants } from 'node:fs';
import { lstat, mkdir, open, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { ToolResult, WorkspaceHandle } from '../../model/agent.ts';
import { confine } from './confine.ts';
import { defineTool, ok, wrong } from './tool.ts';

const maxFileBytes = 5 * 1024 * 1024;
const file = z.string().min(1).describe('Path relative to the root of the workspace.');

async function readText(
  workspace: WorkspaceHandle,
  name: string,
): Promise<{ readonly path: string; readonly text: string } | ToolResult> {
  const absolute = await confine(workspace, name);
  if (absolute === null) return wrong(`${name} is outside of the workspace.`);
  try {
    const stat = await lstat(absolute);
    if (stat.isDirectory()) return wrong(`${name} is a folder; list it with glob.`);
    if (!stat.isFile()) return wrong(`${name} is not a plain file.`);
    if (stat.size > maxFileBytes) return wrong(`${name} has more than 5 MB.`);
    return { path: absolute, text: await readFile(absolute, 'utf8') };
  } catch (error) {
    return wrong(`${name} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}.`);
  }
}

/** Writes a plain file. Other files are refused: opening a pipe, for example, would block forever. */
async function writePlain(absolute: string, text: string): Promise<string | null> {
  const stat = await lstat(absolute).catch(() => null);
  if (stat !== null && !stat.isFile()) return stat.isDirectory() ? 'it is a folder' : 'it is not a plain file';
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await open(absolute, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0o666);
  try {
    await handle.writeFile(text);
    return null;
  } finally {
    await handle.close();
  }
}

/** A file and its parent folders below the workspace's root, as real paths. */
async function upTo(workspace: WorkspaceHandle, file: string): Promise<string[]> {
  const root = await realpath(workspace.path);
  const paths: string[] = [];
  for (let at = file; at.startsWith(`${root}/`); at = path.dirname(at)) paths.push(at);
  return paths;
}

/** Reads a file of the workspace, with line numbers from 1. */
export const readTool = defineTool({
  name: 'read',
  description: 'Reads a text file. Lines come with their numbers. Long files can be read in parts.',
  access: 'read',
  schema: z.object({
    path: file,
    offset: z.int().min(1).optional().describe('First line, from 1.'),
    limit: z.int().min(1).max(5000).optional().describe('Number of lines; default 1000.'),
  }),
  summary: (input) => input.path,
  async run(input, { workspace }) {
    const found = await readText(workspace, input.path);
    if ('isError' in found) return found;
    const lines = found.text.split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    const first = input.offset ?? 1;
    const shown = lines.slice(first - 1, first - 1 + (input.limit ?? 1000));
    const numbered = shown.map((line, index) => `${first + index}\t${line}`).join('\n');
    const left = lines.length - (first - 1) - shown.length;
    return ok(`${numbered}${left > 0 ? `\n[${left} more lines]` : ''}` || '[the file is empty]');
  },
});

/** Writes a file of the workspace. */
export const writeTool = defineTool({
  name: 'write',
  description: 'Writes a whole file, new or in place of the old one. Folders are made as needed.',
  access: 'write',
  schema: z.object({ path: file, content: z.string() }),
  summary: (input) => input.path,
  async run(input, { workspace }) {
    const absolute = await confine(workspace, input.path);
    if (absolute === null) return wrong(`${input.path} is outside of the workspace.`);
    try {
      await mkdir(path.dirname(absolute), { recursive: true });
      const problem = await writePlain(absolute, input.content);
      if (problem !== null) return wrong(`${input.path} cannot be written: ${problem}.`);
      await workspace.own(await upTo(workspace, absolute));
      return ok(`Wrote ${input.path} (${input.content.split('\n').length} lines).`);
    } catch (error) {
      return wrong(`${input.path} cannot be written: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}.`);
    }
  },
});

/** Converts text to the line ends of a file, which are invisible in numbered lines. */
function lineEndsOf(text: string): (piece: string) => string {
  const isCrlf = text.includes('\r\n') && !/(?<!\r)\n/.test(text);
  return isCrlf ? (piece) => piece.replaceAll(/\r?\n/g, '\r\n') : (piece) => piece;
}

/** Replaces text in a file of the workspace. */
export const editTool = defineTool({
  name: 'edit',
  description: 'Replaces a piece of text in a file. `old` must occur exactly once, unless `all` is true.',
  access: 'write',
  schema: z.object({ path: file, old: z.string().min(1), new: z.string(), all: z.boolean().optional() }),
  summary: (input) => input.path,
  async run(input, { workspace }) {
    const found = await readText(workspace, input.path);
    if ('isError' in found) return found;
    const inFile = lineEndsOf(found.text);
    const pieces = found.text.split(inFile(input.old));
    const count = pieces.length - 1;
    if (count === 0) return wrong(`The old text is not in ${input.path}. Read it again; white space counts.`);
    if (count > 1 && input.all !== true)
      return wrong(`The old text occurs ${count} times in ${input.path}. Give more of it, or set "all".`);
    const problem = await writePlain(found.path, pieces.join(inFile(input.new)));
    if (problem !== null) return wrong(`${input.path} cannot be written: ${problem}.`);
    return ok(`Replaced ${count === 1 ? 'one place' : `${count} places`} in ${input.path}.`);
  },
});
