import { type LandingRecord, landingRecordSchema } from '../../model/landing.ts';
import { textOf } from '../git/git.ts';
import { plumb, type Repository } from '../git/repository.ts';
import { parseJson } from '../../util/text/json.ts';

/** All records of a chain up to one of its commits. */
export interface RecordChain {
  /** Oldest first. */
  readonly records: readonly LandingRecord[];
  readonly byUnit: ReadonlyMap<string, readonly LandingRecord[]>;
}

class Chain implements RecordChain {
  readonly records: LandingRecord[] = [];
  readonly byUnit = new Map<string, LandingRecord[]>();
  tip: string | null = null;
}

/** The chain of each repository as it was last read, so that reading continues from there. */
const chains = new Map<string, Promise<Chain>>();

/** Reads the chain that ends with `tip`; unreadable records are skipped. */
export async function readChain(repository: Repository, tip: string): Promise<RecordChain> {
  const before = chains.get(repository.gitDir) ?? Promise.resolve(new Chain());
  const now = before.catch(() => new Chain()).then(async (chain) => follow(repository, chain, tip));
  chains.set(repository.gitDir, now);
  return now;
}

async function follow(repository: Repository, chain: Chain, tip: string): Promise<Chain> {
  if (chain.tip === tip) return chain;
  const range = chain.tip === null ? tip : `${chain.tip}...${tip}`;
  const args = ['log', '--topo-order', '--reverse', '--left-right', '-z', '--format=%m%b', range];
  const result = await plumb(repository, { allow: [128] }, ...args, '--');
  const told = result.exitCode === 0 ? textOf(result) : null;
  const entries = told === null || told === '' ? [] : told.split('\0');
  // Not an extension of the known chain: it is another one, or was rewound.
  const isOther = told === null || entries.some((entry) => entry.startsWith('<'));
  if (isOther && chain.tip !== null) return follow(repository, new Chain(), tip);
  if (told === null) throw new Error(`git cannot read the records up to ${tip}: ${result.stderr.slice(0, 1000)}`);
  for (const entry of entries) {
    const record = landingRecordSchema.safeParse(parseJson(entry.slice(1)));
    if (!record.success) continue;
    chain.records.push(record.data);
    const known = chain.byUnit.get(record.data.unit);
    if (known) known.push(record.data);
    else chain.byUnit.set(record.data.unit, [record.data]);
  }
  chain.tip = tip;
  return chain;
}
