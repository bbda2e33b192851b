import type { Asker } from '../engine/context/asker.ts';
import type { Faulty, Refused } from '../engine/verbs/verb.ts';
import { type InputOf, type MeanwhileOf, type ResultOf, type VerbName, verbs } from '../engine/verbs/verbs.ts';
import { type Diagnostic, InputError } from '../model/diagnostic.ts';
import { personName } from '../repo/git/person.ts';
import type { SpecsChoice } from './folder.ts';
import { printAside } from './output.ts';
import { here, typedFrom } from '../util/files/here.ts';

/** The asker for this process: its folder, environment and account. */
async function askerHere(
  folder: string | null,
  { formats, only }: Pick<SpecsChoice, 'formats' | 'only'>,
): Promise<Asker> {
  const at = here() ?? '/';
  return {
    name: await personName(folder ?? at, process.env),
    folder: at,
    shownFrom: typedFrom(),
    env: process.env,
    notice: printAside,
    ...{ formats, only },
  };
}

/** The input of a verb, with what is read in place of its folder. */
type Asked<Input> = Input extends { readonly folder: infer Folder }
  ? Omit<Input, 'folder'> & { readonly folder: Folder | SpecsChoice }
  : Input;

/**
 * Calls a verb for the person at this process. Throws an `InputError` for a refusal, or for errors in files or settings;
 * `main` prints it.
 */
export async function answer<N extends VerbName>(
  name: N,
  asked: Asked<InputOf<N>>,
  meanwhile?: MeanwhileOf<N>,
): Promise<ResultOf<N>> {
  const verb = (await verbs[name]()) as {
    run(asker: Asker, input: InputOf<N>, meanwhile: object): Promise<ResultOf<N> | Refused | Faulty>;
  };
  const { folder: read } = asked;
  const isChoice = typeof read === 'object' && read !== null;
  const folder = isChoice ? read.folder : read;
  const asker = await askerHere(folder, isChoice ? read : { formats: [], only: [] });
  const input = { ...asked, folder } as InputOf<N>;
  const result = await verb.run(asker, input, meanwhile ?? { signal: new AbortController().signal });
  if (result.kind === 'refused') throw new InputError([...(result.about ?? []), asDiagnostic(result)]);
  if (result.kind === 'faulty') throw new InputError(result.diagnostics);
  return result;
}

/** Converts a refusal to a diagnostic. */
export function asDiagnostic({ reason, message, hint }: Refused): Diagnostic {
  return { severity: 'error', code: reason, message, hint };
}
