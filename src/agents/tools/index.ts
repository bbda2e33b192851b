import type { Order, Tool } from '../../model/agent.ts';
import { bashTool } from './bash.ts';
import { editTool, readTool, writeTool } from './files.ts';
import { globTool, grepTool } from './search.ts';

/** All tools in a fixed order: requests must be byte-equal for all agents of a wave. */
const all: readonly Tool[] = [bashTool, editTool, globTool, grepTool, readTool, writeTool];

/** True for a tool that an access allows. */
export function isAllowed(tool: Pick<Tool, 'access'>, { access }: Pick<Order, 'access'>): boolean {
  return access === 'write' || tool.access === 'read';
}

/** The tools for an access, restricted to those of the role. */
export function toolsFor(order: Pick<Order, 'access' | 'tools'>): readonly Tool[] {
  const isMeant = ({ name }: Tool): boolean => order.tools?.some((wanted) => wanted === name) ?? true;
  return all.filter((tool) => isAllowed(tool, order) && isMeant(tool));
}
