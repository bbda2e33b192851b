import type { Env } from '../../util/files/home.ts';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Asker } from '../context/asker.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { refusal, RefusalError } from '../../model/refusal.ts';
import type { Around } from '../../model/consent.ts';
import type { LoadedConfig } from '../../specs/config/config.ts';
import {
  canonical,
  consentDigest,
  consentNeeded,
  type Difference,
  differences,
  type ExecutedFile,
  namedOutside,
  type Needed,
} from '../../specs/config/consent.ts';
import { isInside, lookUpFiles, namedOnDisk, programFile } from './executed-files.ts';
import { readTrusted, type Trusted } from './trust-store.ts';

/** The parts of a configuration that need the user's consent, and which of them they consented to. */
export interface Consent {
  /** Absolute path of the repository that contains the configuration, or of its folder if there is none. */
  readonly root: string;
  /** The configuration file, relative to `root`. */
  readonly config: string;
  readonly needed: readonly Needed[];
  /** Digest of everything that needs consent. */
  readonly digest: string;
  /** Parts without consent; the configuration is used as if they were absent. */
  readonly withheld: readonly Needed[];
  /** What was trusted last, if that differs; null for nothing. */
  readonly before: Trusted | null;
  /** True if the user passed digests and none of them matches; then they are not asked. */
  readonly isMismatch: boolean;
  /** The places of keys, for diagnostics. */
  readonly where: LoadedConfig['where'];
}

/** Consent given with a command. */
export interface Said {
  /** Passed digests; then only they count. */
  readonly digests?: readonly string[];
  /** Keys whose flags were passed, which is consent for this command. */
  readonly typed?: readonly string[];
}

/** Collects consent from a command's flags. */
export function saidWith(flags: {
  readonly trust: readonly string[] | null;
  readonly allowUnsandboxed: boolean;
  readonly into: string | null;
}): Said {
  const typed = [
    ...(flags.allowUnsandboxed ? ['sandbox.allowUnsandboxed'] : []),
    ...(flags.into === null ? [] : ['into']),
  ];
  return { typed, ...(flags.trust === null ? {} : { digests: flags.trust }) };
}

/** Decides which parts of a configuration may be used. Of the files that it names, reads only its repository's programs. */
export async function decideConsent(
  it: Pick<LoadedConfig, 'root' | 'data' | 'file' | 'base' | 'where'>,
  said: Said,
  env: Env,
): Promise<Consent> {
  const { root, base, data } = it;
  const around: Around = {
    baseUrl: env['ANTHROPIC_BASE_URL'] ?? null,
    isOwnTarget: (target) => isOwn(root, path.resolve(base, target)),
  };
  const files = await lookUpFiles({ root, base }, (found) => consentNeeded(data, around, found));
  const needed = consentNeeded(data, around, files);
  const config = path.relative(root, it.file ?? base);
  const common = { root, config, needed, digest: consentDigest(needed), where: it.where };
  const rest = needed.filter(({ key }) => said.typed?.includes(key) !== true);
  if (rest.length === 0) return { ...common, withheld: [], before: null, isMismatch: false };
  const kept = readTrusted(root, env).filter((trusted) => trusted.config === config);
  const named = said.digests ?? digestsIn(env['BACKLOG_TRUST']);
  const accepted = named ?? kept.map(({ digest }) => digest);
  const isAgreed = [common.digest, consentDigest(rest)].some((digest) => accepted.includes(digest));
  const before = kept.findLast(({ digest }) => (named ?? [digest]).includes(digest)) ?? kept.at(-1) ?? null;
  if (isAgreed) return { ...common, withheld: [], before: null, isMismatch: false };
  return { ...common, withheld: rest, before, isMismatch: named !== undefined };
}

/** Digests separated by commas or spaces; undefined for none. */
function digestsIn(text: string | undefined): string[] | undefined {
  const found = text?.split(/[\s,]+/).filter((one) => one !== '') ?? [];
  return found.length === 0 ? undefined : found;
}

/**
 * True for a folder of the repository itself, as opposed to one reached by links or a nested repository. Looks at names
 * only, since what has no consent is not opened.
 */
function isOwn(root: string, folder: string): boolean {
  let real: string;
  try {
    real = realpathSync(folder);
  } catch {
    return false;
  }
  if (!isInside(root, real)) return false;
  for (let at = real; at !== root; at = path.dirname(at)) if (existsSync(path.join(at, '.git'))) return false;
  return true;
}

/**
 * Why an agent's program must not start: it is in the repository and differs from the one with consent. Null if it may.
 * Checked before each start.
 */
export function changedProgram(
  { consent, configBase }: { readonly consent: Consent; readonly configBase: string },
  agent: string,
): string | null {
  for (const { key, value, files } of consent.needed) {
    if (key !== `agents.${agent}.program` && key !== `agents.${agent}.command`) continue;
    const name = String(Array.isArray(value) ? value[0] : value);
    const now = programFile({ root: consent.root, base: configBase }, name);
    const then = files.find((file) => file.path === now?.path) ?? null;
    if (now?.content !== then?.content)
      return `its program ${now?.path ?? name} is not the one that you agreed to: it changed since`;
  }
  return null;
}

/**
 * Why a command of a hook must not start: what it names in the repository differs from what the user consented to. Null if it
 * may. Checked before each start.
 */
export function changedHook({ consent }: { readonly consent: Consent }, command: string): string | null {
  const known = consent.needed.filter(({ key }) => key.startsWith('on.')).flatMap(({ files }) => files);
  const onDisk = (name: string): ExecutedFile | null => namedOnDisk(consent.root, name);
  const changed = namedOutside(command, { onDisk }).find(
    (now) => known.find((file) => file.path === now.path)?.content !== now.content,
  );
  return changed === undefined
    ? null
    : `${changed.path} is not what you agreed to: it changed since ("backlog trust" asks again)`;
}

/** Refuses, with what needs consent and how to give it, unless it was given. */
export function requireConsent({ consent }: { readonly consent: Consent }): void {
  const { config, digest, before, isMismatch, withheld } = consent;
  if (withheld.length === 0) return;
  const isChanged = before !== null || isMismatch;
  throw new RefusalError(refusal('not-trusted', { config, digest, isChanged }), consentDiagnostics(consent));
}

/** True while the user did not consent to where work lands. */
export function lacksPlace({ consent }: { readonly consent: Consent }): boolean {
  return consent.withheld.some(({ key }) => key === 'target' || key === 'into');
}

/**
 * Refuses while the user did not consent to where work lands. What landed there is done, so what tells or stores that would
 * look at another repository or branch instead.
 */
export function requirePlace(project: { readonly consent: Consent }): void {
  if (!lacksPlace(project)) return;
  const { consent } = project;
  const { config, digest } = consent;
  throw new RefusalError(refusal('place-not-trusted', { config, digest }), consentDiagnostics(consent));
}

/** The withheld keys, as warnings with their places. */
export function withheldWarnings({ consent }: { readonly consent: Consent }): Diagnostic[] {
  return consent.withheld.map((needed) => ({
    ...asDiagnostic(consent, needed),
    severity: 'warning',
    hint: 'It has no effect until you consent with "backlog trust".',
  }));
}

function asDiagnostic({ where }: Consent, needed: Needed): Diagnostic {
  const { files } = needed;
  const executes = files.length === 0 ? '' : ` It executes ${files.map((file) => file.path).join(', ')}.`;
  return {
    severity: 'error',
    code: 'needs-consent',
    message: `"${needed.key}" needs your consent: ${needed.why}${executes}`,
    ...where(needed.key),
  };
}

/** The keys without consent with their places, and what changed of them. */
function consentDiagnostics(consent: Consent): Diagnostic[] {
  const { withheld, before } = consent;
  const changed = before === null ? [] : differences(before.needed, consent.needed);
  const asked = withheld.map((needed) => asDiagnostic(consent, needed));
  const differs = changed.map((one): Diagnostic => ({
    severity: 'error',
    code: 'trust-changed',
    message: `"${one.key}" changed since you trusted it: ${describeDifference(one)}`,
  }));
  return [...asked, ...differs];
}

/** Describes the change of one key. */
export function describeDifference({ was, is }: Difference): string {
  if (was === null) return `it is new: ${canonical(is?.value)}`;
  if (is === null) return `it is gone; it was ${canonical(was.value)}`;
  const parts = [
    ...(canonical(was.value) === canonical(is.value) ? [] : [`${canonical(was.value)} → ${canonical(is.value)}`]),
    ...[...new Set([...Object.keys(was.with), ...Object.keys(is.with)])].flatMap((key) => {
      const [old, now] = [was.with[key], is.with[key]].map((value) =>
        value === undefined ? 'nothing' : canonical(value),
      );
      return old === now ? [] : [`"${key}" ${old} → ${now}`];
    }),
    ...[...new Set([...was.files, ...is.files].map((file) => file.path))].flatMap((file) => {
      const [old, now] = [was, is].map(
        (one) => one.files.find(({ path: name }) => name === file)?.content ?? 'not there',
      );
      return old === now ? [] : [`the file ${file} changed (${old?.slice(0, 12)} → ${now?.slice(0, 12)})`];
    }),
  ];
  return parts.join('; ');
}

/** The withheld keys in one line; null if there are none. */
export function withheldLine({ consent }: { readonly consent: Consent }): string | null {
  if (consent.withheld.length === 0) return null;
  const keys = consent.withheld.map(({ key }) => key).join(', ');
  return `${consent.config} asks for what you did not agree to, and what has no effect before you do: ${keys} ("backlog trust" explains it)`;
}

/** Notifies the user of withheld keys. */
export function tellWithheld(project: { readonly consent: Consent; readonly asker: Asker }): void {
  const line = withheldLine(project);
  if (line !== null) project.asker.notice?.(line);
}
