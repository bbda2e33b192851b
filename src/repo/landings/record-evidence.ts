import { type LandingRecord, landingRecordSchema } from '../../model/landing.ts';
import { textOf } from '../git/git.ts';
import { readObjects } from '../objects/objects.ts';
import { landingsRef } from '../git/quick-refs.ts';
import { readRef } from '../refs/refs.ts';
import { plumb, type Repository } from '../git/repository.ts';
import { parseJson } from '../../util/text/json.ts';

/** Name of the evidence file in a landing record's tree. */
export const evidenceFile = 'evidence.json';
/** Maximum bytes of evidence that are read. */
const maxEvidenceBytes = 1024 * 1024;

/** The recorded evidence of landings. Untrusted text: anyone who can push records may have written it. */
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
