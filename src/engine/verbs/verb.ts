import type { z } from 'zod';
import { type Diagnostic, InputError, type MachineError } from '../../model/diagnostic.ts';
import { type RefusalCode, RefusalError } from '../../model/refusal.ts';
import type { Asker } from '../context/asker.ts';
import { inWords } from '../context/machine.ts';

/**
 * Something that a person can ask for, on the command line or through an API. It reads its input and the asker, and
 * nothing of the process. Its result is data: `kind` says what happened.
 */
export interface Verb<Input, Result, More extends object = object> {
  /** The schema of its input. Zod is passed in, because loading it takes longer than a quick verb. */
  readonly input: (zod: Zod) => z.ZodType<Input>;
  /** Throws a `MachineError`, an `Interrupted` when stopped, and bugs; anything else is a result. */
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
  /** What it concerns, with its places, for example settings without consent. */
  readonly about?: readonly Diagnostic[];
}

/** The request was not done, because files or settings of the user have to be corrected first. */
export interface Faulty {
  readonly kind: 'faulty';
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Makes a verb. Refusals and faults may be thrown anywhere in `act`; they become results here. `inTheWay` words what the
 * machine did.
 */
export function verb<Input, Result, More extends object = object>(
  input: (zod: Zod) => z.ZodType<Input>,
  act: (asker: Asker, input: Input, meanwhile: Meanwhile & Partial<More>) => Promise<Result>,
  inTheWay?: (why: string) => MachineError,
): Verb<Input, Result, More> {
  return {
    input,
    run: async (asker, given, meanwhile) => {
      try {
        return await act(asker, given, meanwhile);
      } catch (caught) {
        const error = inWords(caught, inTheWay);
        if (error instanceof RefusalError) {
          const { refusal, about } = error;
          const { code, ...said } = refusal;
          return { kind: 'refused', reason: code, ...said, ...(about.length === 0 ? {} : { about }) };
        }
        if (error instanceof InputError) return { kind: 'faulty', diagnostics: error.diagnostics };
        throw error;
      }
    },
  };
}
