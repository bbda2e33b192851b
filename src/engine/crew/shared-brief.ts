import { randomBytes } from 'node:crypto';
import { sharedBrief } from '../../agents/words/brief.ts';
import type { Agent } from '../../model/agent.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { readTreeFile } from '../../repo/objects/tree.ts';
import type { Crew } from './crew.ts';
import type { Target } from '../context/target.ts';

/** The files with a project's instructions for agents. */
const instructionFiles = ['AGENTS.md', 'CLAUDE.md'] as const;
const maxInstructionChars = 40_000;

/**
 * The shared brief of a phase: made from the tree of its first unit and kept, so that it stays byte-equal while the
 * branch moves.
 */
export async function sharedFor(
  run: Target & Pick<Crew, 'pinned' | 'maps'>,
  unit: Pick<UnitSpec, 'phase'>,
  agent: Pick<Agent, 'abilities'>,
  tree: string,
): Promise<string> {
  const { loads } = agent.abilities;
  // The caller that makes the map reports its errors; others continue without.
  const map = (await run.maps.get(unit.phase)?.catch(() => null)) ?? null;
  const key = JSON.stringify([unit.phase, loads, map]);
  const known = run.pinned.get(key) ?? makeShared(run, agent, tree, map);
  run.pinned.set(key, known);
  return known;
}

/** The shared brief without a map, for making one. */
export async function instructionsFor(run: Target, agent: Pick<Agent, 'abilities'>, tree: string): Promise<string> {
  return makeShared(run, agent, tree, null);
}

async function makeShared(
  run: Target,
  { abilities: { loads } }: Pick<Agent, 'abilities'>,
  tree: string,
  map: string | null,
): Promise<string> {
  const read = instructionFiles
    .filter((file) => !loads.includes(file))
    .map(async (file) => ({
      file,
      text: cut((await readTreeFile(run.repository, tree, file))?.toString('utf8') ?? ''),
    }));
  const found = (await Promise.all(read)).filter(({ text }) => text.trim() !== '');
  // One is often a copy of the other.
  const own = found.filter(({ text }, index) => found.findIndex((other) => other.text === text) === index);
  return sharedBrief(own, map, randomBytes(6).toString('hex'));
}

function cut(text: string): string {
  if (text.length <= maxInstructionChars) return text;
  return `${text.slice(0, maxInstructionChars)}\n[… ${text.length - maxInstructionChars} characters more; read the file for the rest …]\n`;
}
