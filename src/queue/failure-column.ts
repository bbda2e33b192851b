import type { Failure } from '../model/failure.ts';
import { type Guard, isText, record } from '../util/values/shape.ts';

/** A failure as a column keeps it: of its fields, the one that it is told by. */
export const isFailure = record<{ readonly reason: string }>({ reason: isText }) as Guard<Failure>;
