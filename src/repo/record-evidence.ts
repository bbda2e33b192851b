import { type LandingRecord, landingRecordSchema } from '../model/landing.ts';
import { textOf } from './git.ts';
import { readObjects } from './objects.ts';
import { landingsRef } from './quick-refs.ts';
import { readRef } from './refs.ts';
import { plumb, type Repository } from './repository.ts';
import { parseJson } from '../util/text/json.ts';

/** The file of a record's tree that holds the evidence of its landing. */
export const evidenceFile = 'evidence.json';
/** Bytes of evidence that are read. */
const maxEvidenceBytes = 1024 * 1024;

/** What is kept of the evidence of these landings: a text that anybody may have written who pushes records. */
export async function readKeptEvidence(
  repository: Repository,
  commits: readonly string[],
): Promise<readonly { readonly record: LandingRecord; readonly text: string }[]> {
  const tip = commits.length === 0 ? null : await readRef(repository, landingsRef);
  if (tip === null) return [];
  const wanted = new Set(commits);
  const fields = textOf(await plumb(repository, {}, 'log', '--topo-order', '-z', '--format=%H%n%b', tip)).split('\0');
  const found = fields.flatMap((field) => {
    const record = landingRecordSchema.safeParse(parseJson(field.slice(41))).data;
    return record?.what === 'landed' && wanted.delete(record.commit) ? [{ at: field.slice(0, 40), record }] : [];
  });
  const files = await readObjects(
    repository,
    found.map(({ at }) => `${at}:${evidenceFile}`),
  );
  return found.flatMap(({ record }, index) => {
    const file = files[index];
    const isText = file?.type === 'blob' && file.bytes.length <= maxEvidenceBytes;
    return isText ? [{ record, text: file.bytes.toString('utf8') }] : [];
  });
}
