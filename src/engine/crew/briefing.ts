import { randomBytes } from 'node:crypto';
import { type MergeInput, workBrief } from '../../agents/words/brief.ts';
import type { Overlap } from '../../agents/words/overlaps.ts';
import type { Agent, Brief, Role } from '../../model/agent.ts';
import type { UnitId } from '../../model/ids.ts';
import type { StageNote } from '../../model/recipe.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { readUnit } from '../../queue/units.ts';
import { listTree, readTreeFile } from '../../repo/objects/tree.ts';
import { mayNameFiles, namedFiles } from '../../specs/units/named-files.ts';
import { askedFor, type Scope } from '../context/scope.ts';
import type { Books } from '../context/books.ts';
import type { Crew } from './crew.ts';
import type { Target } from '../context/target.ts';

type BriefingRun = Scope & Books & Target & Pick<Crew, 'board' | 'pinned' | 'maps'>;
import { sharedFor } from './shared-brief.ts';

/** The brief for work on a unit. */
export async function briefFor(
  run: BriefingRun,
  unit: UnitSpec,
  of: {
    readonly role: Role;
    readonly agent: Agent;
    readonly prompt: string | null;
    readonly web: boolean;
    readonly baseTree: string;
    readonly feedback: string | null;
    readonly merge: MergeInput | null;
    readonly notes: readonly StageNote[];
    readonly overlaps: readonly Overlap[];
  },
): Promise<Brief> {
  const { board, asked, projectChecks } = run;
  const shared = await sharedFor(run, unit, of.agent, of.baseTree);
  const { byId } = askedFor(asked.units);
  const titleOf = (id: UnitId): string => byId.get(id)?.title ?? id;
  const beside = board.beside(unit.id).flatMap((id) => byId.get(id) ?? []);
  return workBrief({
    shared,
    role: of.role,
    prompt: of.prompt,
    web: of.web,
    unit,
    notesOfStages: of.notes,
    named: await filesNamed(run, unit, of.baseTree),
    contracts: await readContracts(run, unit.contracts, of.baseTree),
    skills: await readSkills(run, unit.skills, of.baseTree),
    answers: answersFor(run, unit.depends),
    projectChecks,
    beside: beside.map(({ title, touches }) => ({ title, touches })),
    notes: board.notesFor(unit.id).map(({ unit: id, text }) => ({ from: titleOf(id), text })),
    overlaps: of.overlaps,
    // What happened before is told with its evidence where the unit goes on from it.
    handedOver: board.handedTo(unit).filter((line) => of.feedback === null || !line.startsWith('This unit then: ')),
    feedback: of.feedback,
    merge: of.merge,
    nonce: randomBytes(6).toString('hex'),
  });
}

async function filesNamed(run: BriefingRun, unit: UnitSpec, tree: string): Promise<string[]> {
  if (!mayNameFiles(unit)) return [];
  return namedFiles(unit, new Set((await listTree(run.repository, tree)).map(({ path }) => path)));
}

/** Where projects keep their skills, one folder per skill. */
const skillFolders = ['.claude/skills', '.agents/skills', 'skills'] as const;

async function readSkills(
  run: BriefingRun,
  names: readonly string[],
  tree: string,
): Promise<{ readonly name: string; readonly text: string | null }[]> {
  return Promise.all(
    names.map(async (name) => {
      const files = skillFolders.map((folder) => `${folder}/${name}/SKILL.md`);
      const texts = await Promise.all(files.map(async (file) => readTreeFile(run.repository, tree, file)));
      return { name, text: texts.find((text) => text !== null)?.toString('utf8') ?? null };
    }),
  );
}

async function readContracts(
  run: BriefingRun,
  contracts: readonly string[],
  tree: string,
): Promise<{ readonly path: string; readonly text: string | null }[]> {
  return Promise.all(
    contracts.map(async (path) => ({
      path,
      text: (await readTreeFile(run.repository, tree, path))?.toString('utf8') ?? null,
    })),
  );
}

function answersFor(run: BriefingRun, depends: readonly UnitId[]): { readonly title: string; readonly text: string }[] {
  return depends.flatMap((id) => {
    const row = readUnit(run.database, id);
    return row?.answer ? [{ title: row.spec.title, text: row.answer }] : [];
  });
}
