import { statSync } from 'node:fs';
import path from 'node:path';
import type { specFormats } from '../../model/spec-format.ts';
import { claimFiles } from '../formats/formats.ts';
import { findSpecs } from './walk.ts';

/**
 * Where each format's tool keeps its files in a repository. Native specs are in `specs`, which is looked for first. Features
 * of Gherkin are mostly tests of what is there, so they are read only where somebody names them.
 */
const places: Readonly<Partial<Record<(typeof specFormats)[number], readonly string[]>>> = {
  'spec-kit': ['.specify/specs'],
  openspec: ['openspec'],
  kiro: ['.kiro/specs'],
  'backlog-md': ['backlog', '.backlog'],
  'task-master': ['.taskmaster', 'tasks'],
  beads: ['.beads'],
  bmad: ['_bmad-output', 'docs/stories', '_bmad-output/implementation-artifacts', 'docs/sprint-artifacts'],
  'prd-json': ['prd.json', 'scripts/ralph/prd.json', '.ralph/prd.json', 'plans/prd.json', 'ralph/prd.json'],
  plain: ['.claude/epics', 'docs/superpowers/plans', '.ralph/specs'],
  followups: ['followups.md'],
  todo: ['FOLLOWUPS.md', 'TODO.md', 'TODOS.md', 'todo.md', 'fix_plan.md', '@fix_plan.md', '.ralph/fix_plan.md'],
  'todo-txt': ['todo.txt'],
};

/** A backlog that some tool keeps in a repository. */
export interface Discovered {
  readonly format: string;
  /** A folder or file, relative to the root. */
  readonly place: string;
}

/** The backlogs in a repository, at most one of each format. Looks only where tools are known to keep them. */
export function discoverBacklogs(root: string): Discovered[] {
  return Object.entries(places).flatMap(([format, candidates]): Discovered[] => {
    for (const place of candidates) {
      const stat = statSync(path.join(root, place), { throwIfNoEntry: false });
      if (stat === undefined) continue;
      if (stat.isDirectory()) {
        const { claims } = findSpecs(path.join(root, place), { ignore: [], formats: [format] });
        if (claims.length > 0) return [{ format, place }];
      } else if (claimFiles([path.posix.basename(place)], [format]).length > 0) return [{ format, place }];
    }
    return [];
  });
}
