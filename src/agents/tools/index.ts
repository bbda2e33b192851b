import { bashTool } from './bash.ts';
import { editTool, readTool, writeTool } from './files.ts';
import { globTool, grepTool } from './search.ts';
import type { Tool } from './tool.ts';

/** All tools in a fixed order: the same request must be byte-equal for all agents of a wave. */
const all: readonly Tool[] = [bashTool, editTool, globTool, grepTool, readTool, writeTool];

/** What an agent with this access may use. */
export function toolsFor(access: 'read' | 'write'): readonly Tool[] {
  return all.filter((tool) => access === 'write' || tool.access === 'read');
}
