import { existsSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { inputError } from '../../../model/diagnostic.ts';
import { exitCodes, type RunOutcome } from '../../../model/exit-code.ts';
import { listTree, treeOf } from '../../../repo/objects/tree.ts';
import { failpoint } from '../../../util/failpoint.ts';
import { derivedKey } from '../../../specs/format/draft.ts';
import type { SpecFolder } from '../../../specs/units/read.ts';
import { PathRefused, readConfined } from '../../../util/files/confined-file.ts';
import { printableLine } from '../../../util/text/printable.ts';
import type { Asker } from '../../context/asker.ts';
import { Interrupted } from '../../context/interrupted.ts';
import { tipOrHead } from '../../context/target.ts';
import { type Division, divide, type LedUnit } from '../../lead/divide.ts';
import { oneAtATime } from '../../project/locks.ts';
import { openProject, type Project, readProjectSpecs } from '../../project/project.ts';
import type { Run } from '../../run/run.ts';
import { workInput } from '../queue/take-branch.ts';
import type { Meanwhile, Zod } from '../verb.ts';
import { forgetList, keepList, keyOf, readList } from './kept-list.ts';
import { problemsOfList, type WrittenUnit, writeList } from './led-units.ts';
import { requestOf, runToEnd } from './run.ts';
import { runInput } from './run-input.ts';
import type { RunTalk } from './work-through.ts';

/** Bytes of a file that is given to a lead. */
const mostBytes = 200_000;

/** What a lead takes. */
export const leadInput = (z: Zod) => ({
  ...workInput(z),
  goal: z.string(),
  /** Files for the lead to read, relative to the asker's folder: a plan to follow, documentation. */
  given: z.array(z.string()).readonly().default([]),
  agent: z.string().nullable().default(null),
  budgetUsd: z.number().positive().nullable().default(null),
  isUnmetered: z.boolean().default(false),
  maxTimeMs: z.number().min(0).nullable().default(null),
});

export type LeadInput = z.infer<z.ZodObject<ReturnType<typeof leadInput>>>;

/** What a lead made of a goal. */
export interface Led {
  readonly outcome: RunOutcome | 'declined';
  readonly exitCode: number;
  /** What the lead decided; null where it did not come to that. */
  readonly decision: Exclude<Division['kind'], 'failed' | 'rejected'> | null;
  /** Why, by its lead; or why there is no decision. */
  readonly why: string;
  /** The answer to a question, as Markdown; null for another decision. */
  readonly answer: string | null;
  /** What it asks first. */
  readonly questions: readonly string[];
  /** What the lead left out. */
  readonly dropped: readonly string[];
  /** Null if unknown. */
  readonly costUsd: number | null;
}

/** Has a lead divide a goal, in a run of its own. Returns its units, too, of which nothing is written yet. */
export async function askLead(
  asker: Asker,
  { goal, given, ...wishes }: LeadInput,
  meanwhile: Meanwhile & Partial<RunTalk>,
): Promise<{ readonly led: Led; readonly units: readonly LedUnit[] }> {
  if (goal.trim() === '') throw inputError('no-goal', 'there is no goal', 'Say in a sentence what you want.');
  requirePlace((await openProject(asker, wishes.folder)).config);
  const texts = given.map((file) => ({ name: file, text: textOf(asker, file) }));
  const asked = runInput((await import('zod')).z).parse(wishes);
  const heard: { division: Division | null; interruption: string } = { division: null, interruption: 'stopped' };
  const result = await runToEnd(
    requestOf(asker, asked, meanwhile, async (run) => {
      try {
        heard.division = await divideFor(run, asker, wishes.folder, goal, texts);
      } catch (error) {
        if (error instanceof Interrupted) heard.interruption = error.message;
        throw error;
      }
    }),
  );
  const { outcome, exitCode } = result;
  const { division, interruption } = heard;
  const nothing = { decision: null, answer: null, questions: [], dropped: [] };
  const costUsd = result.report?.totals.costUsd ?? null;
  const of = (more: Partial<Led> & Pick<Led, 'why'>, units: readonly LedUnit[] = []) => ({
    led: { ...nothing, outcome, exitCode, costUsd, ...more },
    units,
  });
  const ending = (end: RunOutcome) => ({ outcome: end, exitCode: exitCodes[end] });
  switch (division?.kind) {
    case undefined:
      return of({ why: outcome === 'declined' ? 'it was declined' : `the lead was ${interruption}` });
    case 'answer':
      return of({ decision: 'answer', why: division.why, answer: division.answer });
    case 'unclear':
      return of({
        ...{ ...ending('waiting-for-person'), decision: 'unclear', why: division.why },
        questions: division.questions,
      });
    case 'units':
      return of({ decision: 'units', why: division.why, dropped: division.dropped }, division.units);
    case 'rejected':
      return of({
        ...ending('units-failed'),
        why: `its list still has problems:\n${division.problems.map((one) => `- ${one}`).join('\n')}`,
      });
    case 'failed':
      return of({ ...ending('units-failed'), why: `the lead failed: ${division.why}` });
  }
}

/** Throws an `InputError` where what a lead asks for would not be read: it costs nothing yet. */
function requirePlace({ formats, only }: Project['config']): void {
  if (formats.length > 0 && !formats.includes('native'))
    throw inputError(
      'takes-no-unit',
      `units of a lead are native specs, and this folder reads only ${formats.join(', ')}`,
      'Add "native" to "formats" of the configuration.',
    );
  if (only.length > 0 && !only.some((one) => one.replace(/\/$/, '') === 'orchestrated'))
    throw inputError(
      'takes-no-unit',
      `units of a lead are written below "orchestrated", and this folder reads only ${only.join(', ')}`,
      'Add "orchestrated" to "only" of the configuration, or name another folder with -s.',
    );
}

async function divideFor(
  run: Run,
  asker: Asker,
  folder: string,
  goal: string,
  given: readonly { readonly name: string; readonly text: string }[],
): Promise<Division> {
  const project = await openProject(asker, folder);
  const tip = await tipOrHead(run);
  const files = new Set((await listTree(run.repository, tip)).map((entry) => entry.path));
  const specs = await readProjectSpecs(project, run.repository);
  const open = specs.units
    .filter(({ isTicked, gate }) => !isTicked && gate === null)
    .map(({ key, title }) => ({ key, title: printableLine(title) }));
  const problemsOf = async (units: readonly LedUnit[]): Promise<readonly string[]> =>
    problemsOfList(project, specs, files, units);
  const key = keyOf(goal, given, await treeOf(run.repository, tip));
  const kept = readList(project.state, key);
  if (kept !== null && (await problemsOf(kept.units)).length === 0) {
    run.emit({
      type: 'notice',
      text: 'The list of the lead is the one of an earlier run, which ended before it was written.',
    });
    return kept;
  }
  const division = await divide(run, { ...{ goal, given, open }, problemsOf });
  if (division.kind === 'units')
    keepList(project.state, key, { ...division, units: [...division.units], dropped: [...division.dropped] });
  failpoint('lead answered');
  return division;
}

/** Writes units into a new folder of their own, as drafts or to be run. */
export async function writeLed(
  asker: Asker,
  named: string,
  goal: string,
  { units, isDraft }: { readonly units: readonly LedUnit[]; readonly isDraft: boolean },
): Promise<WrittenUnit[]> {
  const project = await openProject(asker, named);
  return oneAtATime(project, async () => {
    const specs = await readProjectSpecs(project, null);
    const { folder, isRepository, config } = project;
    const { ignore, only, formats } = config;
    const to = { folder, ignore, only, formats, isRepository, paths: pathsOf(specs) };
    const written = await writeList(to, `${freeFolder(project, goal)}/`, units, isDraft);
    forgetList(project.state);
    return written;
  });
}

function pathsOf({ files }: SpecFolder): string[] {
  return files.map(({ file }) => file);
}

/** A folder that is not there yet, named by the goal, relative to the specs folder. */
function freeFolder({ folder, named }: Project, goal: string): string {
  const within = path.relative(folder, named).split(path.sep).join('/');
  const slug = derivedKey(goal.split(/\s+/).slice(0, 6).join(' ')).replaceAll('.', '-').slice(0, 40).replace(/-+$/, '');
  for (let count = 1; ; count++) {
    const name = [within, 'orchestrated', count === 1 ? slug : `${slug}-${count}`]
      .filter((part) => part !== '')
      .join('/');
    if (!existsSync(path.join(folder, name))) return name;
  }
}

/** A file that the person gives to the lead. Throws an `InputError` for one that cannot be read as text. */
function textOf(asker: Asker, file: string): string {
  const at = path.resolve(asker.folder, file);
  const refuse = (why: string): Error =>
    inputError('not-given', `${file} cannot be given to the lead: ${why}`, 'Name a text file.');
  let bytes: Buffer | null;
  try {
    bytes = readConfined(path.dirname(at), path.basename(at), mostBytes);
  } catch (error) {
    throw refuse(
      error instanceof PathRefused ? error.message : `it cannot be read or is larger than ${mostBytes / 1000} kB`,
    );
  }
  if (bytes === null) throw refuse('there is no such file');
  const text = bytes.toString('utf8');
  if (text.includes('\0') || text.includes('\uFFFD')) throw refuse('it is no text in UTF-8');
  return text;
}
