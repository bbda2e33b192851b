import type { Order, Tool } from '../../model/agent.ts';
import { bashTool } from './bash.ts';
import { editTool, readTool, writeTool } from './files.ts';
import { globTool, grepTool } from './search.ts';

/** All tools in a fixed order: the same request must be byte-equal for all agents of a wave. */
const all: readonly Tool[] = [bashTool, editTool, globTool, grepTool, readTool, writeTool];

/** What an agent may use by its access, and by what its role has. */
export function toolsFor({ access, tools }: Pick<Order, 'access' | 'tools'>): readonly Tool[] {
  const isMeant = ({ name }: Tool): boolean => tools === null || tools.some((wanted) => wanted === name);
  return all.filter((tool) => (access === 'write' || tool.access === 'read') && isMeant(tool));
}
