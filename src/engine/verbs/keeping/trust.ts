import { refused } from '../../../model/refusal.ts';
import { type Difference, differences } from '../../../specs/config/consent.ts';
import { type Consent, describeDifference } from '../../consent/consent.ts';
import type { Asker } from '../../context/asker.ts';
import { openProject } from '../../project/project.ts';
import { forgetTrusted, keepTrusted } from '../../consent/trust-store.ts';
import { verb } from '../verb.ts';

/** What a configuration asks for, and whether the user agreed to it. */
export interface Asked {
  readonly kind: 'trust';
  readonly root: string;
  readonly config: string;
  readonly digest: string;
  readonly needed: Consent['needed'];
  readonly isTrusted: boolean;
  /** What differs from what was trusted last; null where nothing was. */
  readonly changes: readonly (Difference & { readonly says: string })[] | null;
}

/** Looks at what the configuration of a folder asks for. Starts, sends and opens nothing that it names. */
export const consent = verb(
  (z) => z.strictObject({ folder: z.string() }),
  async (asker, { folder }) => askedBy((await openProject(asker, folder)).consent),
);

/** What a configuration that is open asks for. */
export function askedBy(consent: Consent): Asked {
  const { root, config, digest, needed, before, withheld } = consent;
  const changed = before === null ? null : differences(before.needed, needed);
  return {
    kind: 'trust',
    ...{ root, config, digest, needed },
    isTrusted: withheld.length === 0,
    changes: changed?.map((one) => ({ ...one, says: describeDifference(one) })) ?? null,
  };
}

/** Keeps the user's consent to exactly what was shown, which is named by its digest. */
export const trust = verb(
  (z) => z.strictObject({ folder: z.string(), digest: z.string() }),
  async (asker, { folder, digest }) => giveConsent(asker, (await openProject(asker, folder)).consent, digest),
);

/** The same for a configuration that is open. Refuses when it asks for something else by now. */
export async function giveConsent({ env }: Asker, given: Consent, digest: string): Promise<Asked> {
  const asked = askedBy(given);
  if (asked.digest !== digest) throw refused('trust-mismatch', { named: digest, ...asked });
  const { config, needed, root } = given;
  if (needed.length > 0) await keepTrusted(root, { digest, config, at: new Date().toISOString(), needed }, env);
  return { ...asked, isTrusted: true, changes: null };
}

/** Withdraws all consents for the repository of a folder. */
export const revoke = verb(
  (z) => z.strictObject({ folder: z.string() }),
  async (asker, { folder }) => {
    const { root } = (await openProject(asker, folder)).consent;
    return { kind: 'trust-revoked' as const, root, revoked: await forgetTrusted(root, asker.env) };
  },
);
