import type { Order, Tool } from '../../model/agent.ts';
import { bashTool } from './bash.ts';
import { editTool, readTool, writeTool } from './files.ts';
import { globTool, grepTool } from './search.ts';

/** All tools in a fixed order: requests must be byte-equal for all agents of a wave. */
const all: readonly Tool[] = [bashTool, editTool, globTool, grepTool, readTool, writeTool];

/** The tools for an access, restricted to those of the role. */
export function toolsFor({ access, tools }: Pick<Order, 'access' | 'tools'>): readonly Tool[] {
  const isMeant = ({ name }: Tool): boolean => tools === null || tools.some((wanted) => wanted === name);
  return all.filter((tool) => (access === 'write' || tool.access === 'read') && isMeant(tool));
}
