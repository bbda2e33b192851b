import type { Failure } from '../model/failure.ts';
import { type Guard, isText, record } from '../util/values/shape.ts';

/** Checks only a stored failure's reason. */
export const isFailure = record<{ readonly reason: string }>({ reason: isText }) as Guard<Failure>;
