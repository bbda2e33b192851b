import type { z } from 'zod';
import { type Diagnostic, InputError } from '../../model/diagnostic.ts';
import { type RefusalCode, RefusalError } from '../../model/refusal.ts';
import type { Asker } from '../context/asker.ts';

/**
 * Something that a person can ask for, through the command line or an API. What it needs to know is its input; the rest
 * it takes from the asker. Its result is data: `kind` says what came of it.
 */
export interface Verb<Input, Result, More extends object = object> {
  /** The schema of its input. Zod is an argument, since a quick verb is done sooner than zod is loaded. */
  readonly input: (zod: Zod) => z.ZodType<Input>;
  /** Throws for bugs and broken machines, and an `Interrupted` once it is told to stop; all else is a result. */
  run(asker: Asker, input: Input, meanwhile: Meanwhile & Partial<More>): Promise<Result | Refused | Faulty>;
}

export type Zod = typeof z;

/** What a caller can do while a verb is at work. */
export interface Meanwhile {
  /** Stops it once it aborts; what was recorded by then stays. */
  readonly signal: AbortSignal;
}

/** What was asked for was not done. The reason is stable; the sentences may change. */
export interface Refused {
  readonly kind: 'refused';
  readonly reason: RefusalCode;
  readonly message: string;
  /** What to do next. */
  readonly hint: string;
}

/** What was asked for was not done, since files or settings of the user have to be corrected first. */
export interface Faulty {
  readonly kind: 'faulty';
  readonly diagnostics: readonly Diagnostic[];
}

/** Makes a verb of a schema and what it does. A refusal or a fault may be thrown anywhere in it; here it becomes a result. */
export function verb<Input, Result, More extends object = object>(
  input: (zod: Zod) => z.ZodType<Input>,
  act: (asker: Asker, input: Input, meanwhile: Meanwhile & Partial<More>) => Promise<Result>,
): Verb<Input, Result, More> {
  return {
    input,
    run: async (asker, given, meanwhile) => {
      try {
        return await act(asker, given, meanwhile);
      } catch (error) {
        if (error instanceof RefusalError) {
          const { code, ...said } = error.refusal;
          return { kind: 'refused', reason: code, ...said };
        }
        if (error instanceof InputError) return { kind: 'faulty', diagnostics: error.diagnostics };
        throw error;
      }
    },
  };
}
