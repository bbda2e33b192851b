import { existsSync } from 'node:fs';
import path from 'node:path';
import type { specFormats } from '../../model/spec-format.ts';
import { findSpecs, isOfBacklog } from './walk.ts';

/**
 * Where each format's tool keeps its files in a repository. Native specs are in `specs`, which is looked for first. Features
 * of Gherkin are mostly tests of what is there, so they are read only where somebody names them.
 */
export const places: Readonly<Partial<Record<(typeof specFormats)[number], readonly string[]>>> = {
  'spec-kit': ['.specify/specs'],
  openspec: ['openspec'],
  kiro: ['.kiro/specs'],
  'backlog-md': ['backlog', '.backlog'],
  'task-master': ['.taskmaster', 'tasks'],
  beads: ['.beads'],
  bmad: ['_bmad-output', 'docs/stories', '_bmad-output/implementation-artifacts', 'docs/sprint-artifacts'],
  'prd-json': ['prd.json', 'scripts/ralph/prd.json', '.ralph/prd.json', 'plans/prd.json', 'ralph/prd.json'],
  plain: ['.claude/epics', 'docs/superpowers/plans', '.ralph/specs'],
  followups: ['followups.md', 'FOLLOWUPS.md'],
  todo: ['TODO.md', 'TODOS.md', 'todo.md', 'fix_plan.md', '@fix_plan.md', '.ralph/fix_plan.md'],
  'todo-txt': ['todo.txt'],
};

/** Formats of several tools, each with a place of its own. The places of others are alternatives, which may be copies. */
const ofSeveralTools: ReadonlySet<string> = new Set(['plain']);

/** A backlog that some tool keeps in a repository. */
export interface Discovered {
  readonly format: string;
  /** A folder or file, relative to the root. */
  readonly place: string;
  /** True for a place that is not read, since there is another one of the same tool. */
  readonly isLeft: boolean;
}

/**
 * The backlogs in a repository, as they are read from its root, in the order of the formats. Looks only where tools are known to
 * keep them.
 */
export function discoverBacklogs(root: string): Discovered[] {
  return Object.entries(places).flatMap(([format, candidates]): Discovered[] => {
    const isThere = (place: string): boolean =>
      existsSync(path.join(root, place)) &&
      findSpecs(root, { ignore: [], only: [place] }).claims.some(
        (claim) => claim.format.name === format && isOfBacklog(claim),
      );
    const [first, ...others] = candidates.filter(isThere);
    if (first === undefined) return [];
    const besides = others.filter((place) => !place.startsWith(`${first}/`));
    // Two spellings of one name are no alternatives: who added to one did not mean to leave the other.
    const isLeft = (place: string): boolean =>
      !ofSeveralTools.has(format) && place.toLowerCase() !== first.toLowerCase();
    return [
      { format, place: first, isLeft: false },
      ...besides.map((place) => ({ format, place, isLeft: isLeft(place) })),
    ];
  });
}
