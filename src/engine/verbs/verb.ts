import type { z } from 'zod';
import { type Diagnostic, InputError } from '../../model/diagnostic.ts';
import { type RefusalCode, RefusalError } from '../../model/refusal.ts';
import type { Asker } from '../context/asker.ts';

/**
 * Something that a person can ask for, on the command line or through an API. It reads its input and the asker, and
 * nothing of the process. Its result is data: `kind` says what happened.
 */
export interface Verb<Input, Result, More extends object = object> {
  /** The schema of its input. Zod is passed in, because loading it takes longer than a quick verb. */
  readonly input: (zod: Zod) => z.ZodType<Input>;
  /** Throws for bugs and machine errors, and an `Interrupted` when stopped; anything else is a result. */
  run(asker: Asker, input: Input, meanwhile: Meanwhile & Partial<More>): Promise<Result | Refused | Faulty>;
}

export type Zod = typeof z;

/** What a caller can do while a verb runs. */
export interface Meanwhile {
  /** Stops the verb; what it has recorded by then stays. */
  readonly signal: AbortSignal;
}

/** The request was not done. The reason is stable; the sentences may change. */
export interface Refused {
  readonly kind: 'refused';
  readonly reason: RefusalCode;
  readonly message: string;
  /** What to do next. */
  readonly hint: string;
}

/** The request was not done, because files or settings of the user have to be corrected first. */
export interface Faulty {
  readonly kind: 'faulty';
  readonly diagnostics: readonly Diagnostic[];
}

/** Makes a verb. Refusals and faults may be thrown anywhere in `act`; they become results here. */
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
