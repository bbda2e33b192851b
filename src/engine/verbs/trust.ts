import { inputError } from '../../model/diagnostic.ts';
import type { Difference } from '../../specs/config/consent.ts';
import { differences } from '../../specs/config/consent.ts';
import { type Consent, describeDifference } from '../consent/consent.ts';
import { openProject } from '../project/project.ts';
import { forgetTrusted, keepTrusted } from '../consent/trust-store.ts';

/** What a configuration asks for, and whether the user agreed to it. */
export interface Asked {
  readonly root: string;
  readonly config: string;
  readonly digest: string;
  readonly needed: Consent['needed'];
  readonly isTrusted: boolean;
  /** What differs from what was trusted last; null where nothing was. */
  readonly changes: readonly (Difference & { readonly says: string })[] | null;
}

/** Looks at what the configuration of a folder asks for. Starts, sends and opens nothing that it names. */
export async function readConsent(folder: string): Promise<Asked> {
  return askedBy((await openProject(folder)).consent);
}

/** The same of a configuration that is open. */
export function askedBy(consent: Consent): Asked {
  const { root, config, digest, needed, before, withheld } = consent;
  const changed = before === null ? null : differences(before.needed, needed);
  return {
    ...{ root, config, digest, needed },
    isTrusted: withheld.length === 0,
    changes: changed?.map((one) => ({ ...one, says: describeDifference(one) })) ?? null,
  };
}

/**
 * Keeps the user's consent to exactly what was shown, which is named by its digest. Throws an `InputError` when the
 * configuration asks for something else by now.
 */
export async function giveConsent(folder: string, digest: string): Promise<Asked> {
  const { consent } = await openProject(folder);
  const asked = askedBy(consent);
  if (asked.digest !== digest) {
    const changes = asked.changes?.map(({ key, says }) => `"${key}": ${says}`).join('\n  ');
    throw inputError(
      'trust-mismatch',
      `${digest} does not name what ${consent.config} asks for now: that is ${asked.digest}${changes ? `. Since you trusted it last:\n  ${changes}` : ''}`,
      'Look at it with "backlog trust --show".',
    );
  }
  const { config, needed, root } = consent;
  if (needed.length > 0) await keepTrusted(root, { digest, config, at: new Date().toISOString(), needed }, process.env);
  return { ...asked, isTrusted: true, changes: null };
}

/** Takes back all consents for the repository of a folder. */
export async function revokeConsent(folder: string): Promise<{ readonly root: string; readonly revoked: number }> {
  const { root } = (await openProject(folder)).consent;
  return { root, revoked: await forgetTrusted(root, process.env) };
}
