import type { RunId, UnitId } from '../model/ids.ts';
import type { Refusal } from '../model/refusal.ts';
import { type Guard, isText, oneOf, optional, orNull, record } from '../util/values/shape.ts';
import type { Database } from './database.ts';
import { appendEvent } from './events.ts';

const requestVerbs = [
  'retry',
  'cancel',
  'approve',
  'reject',
  'pause',
  'resume',
  'unblock',
  'tell',
  'stop',
  'sync',
] as const;
export type RequestVerb = (typeof requestVerbs)[number];

/** A request of another process to the one that holds the run lock. */
export interface Request {
  readonly id: number;
  readonly verb: RequestVerb;
  /** Null for `sync`, which is about the whole folder. */
  readonly unit: UnitId | null;
  readonly message: string;
  readonly by: string;
  /** For an approval: the digest of the change that the person saw; null if they gave none. */
  readonly digest: string | null;
}

/** Adds a request for the run; returns its number. */
export function addRequest(database: Database, at: number, request: Omit<Request, 'id'>): number {
  return database.write(() => {
    const row = database.get(
      'insert into requests (verb, unit, arguments, requested_by, requested_at) values (?, ?, ?, ?, ?) returning id',
      ...[
        request.verb,
        request.unit,
        JSON.stringify({ message: request.message, digest: request.digest }),
        request.by,
        at,
      ],
    );
    return (row as { id: number }).id;
  });
}

const isVerb = oneOf(...requestVerbs);
const isWords = record<{ readonly message: string; readonly digest?: string | null }>({
  message: isText,
  digest: optional(orNull(isText)),
});

const isRefusal = record<{ readonly code: string; readonly message: string }>({
  code: isText,
  message: isText,
}) as Guard<Refusal>;

/** Requests that were not applied yet, oldest first. */
export function openRequests(database: Database): Request[] {
  const rows = database.all(
    'select id, verb, unit, arguments, requested_by as by from requests where applied_at is null order by id',
  ) as {
    id: number;
    verb: string;
    unit: UnitId | null;
    arguments: string;
    by: string;
  }[];
  return rows.map(({ arguments: json, ...row }) => ({
    ...row,
    verb: database.known(row.verb, isVerb, 'requests.verb'),
    ...{ digest: null, ...database.decode(json, isWords, 'requests.arguments') },
  }));
}

/** The result of a request. */
export interface RequestAnswer {
  /** A sentence for the person. */
  readonly outcome: string;
  /** Why it was refused; null if it was done. */
  readonly refusal: Refusal | null;
}

/** Applies a request and records its result in one transaction, so that it is applied at most once. */
export function applyRequest(
  database: Database,
  at: number,
  run: RunId | null,
  request: Request,
  apply: () => string | Refusal,
): RequestAnswer {
  return database.write(() => {
    const came = apply();
    const refusal = typeof came === 'string' ? null : came;
    const outcome = typeof came === 'string' ? came : came.message;
    database.run(
      'update requests set applied_at = ?, outcome = ?, refusal = ? where id = ?',
      ...[at, outcome, refusal === null ? null : JSON.stringify(refusal), request.id],
    );
    appendEvent(database, at, run, {
      type: 'request-applied',
      verb: request.verb,
      unit: request.unit,
      by: request.by,
      outcome,
    });
    return { outcome, refusal };
  });
}

/** The result of a request; null until it is applied. */
export function requestAnswer(database: Database, id: number): RequestAnswer | null {
  const row = database.get('select outcome, refusal from requests where id = ?', id) as
    { outcome: string | null; refusal: string | null } | undefined;
  if (row === undefined || row.outcome === null) return null;
  return {
    outcome: row.outcome,
    refusal: row.refusal === null ? null : database.decode(row.refusal, isRefusal, 'requests.refusal'),
  };
}
