import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, InputError } from '../../model/diagnostic.ts';
import type { Around } from '../../model/consent.ts';
import type { LoadedConfig } from '../../specs/config/config.ts';
import {
  canonical,
  consentDigest,
  consentNeeded,
  type Difference,
  differences,
  type Needed,
} from '../../specs/config/consent.ts';
import { notice } from '../../util/notice.ts';
import type { Env } from '../context/asker.ts';
import { isInside, lookUpFiles, programFile } from './executed-files.ts';
import { readTrusted, type Trusted } from './trust-store.ts';

/** What a configuration needs the user's consent for, and what of it they gave. */
export interface Consent {
  /** Absolute path of the repository that the configuration lies in; of the folder where there is none. */
  readonly root: string;
  /** The configuration file, relative to that. */
  readonly config: string;
  readonly needed: readonly Needed[];
  /** Names exactly what is needed. */
  readonly digest: string;
  /** What was not agreed to: the configuration is used as if it were not there. */
  readonly withheld: readonly Needed[];
  /** What was trusted last, where that was something else; null for nothing. */
  readonly before: Trusted | null;
  /** True when the user named digests, and none of them is this: they are not asked then. */
  readonly isMismatch: boolean;
  /** Where a key stands, for diagnostics. */
  readonly where: LoadedConfig['where'];
}

/** What the user says with a command. */
export interface Said {
  /** Digests that were named: then they alone count. */
  readonly digests?: readonly string[];
  /** Keys whose flag was typed: for this command that is consent. */
  readonly typed?: readonly string[];
}

/** What is said by the flags of a command. */
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

/**
 * Decides what of a configuration may be used. Reads nothing that it names but the programs in its own repository. */
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

/** Digests as a user names them: one, or several with commas or blanks between them. Undefined for none. */
export function digestsIn(text: string | undefined): string[] | undefined {
  const found = text?.split(/[\s,]+/).filter((one) => one !== '') ?? [];
  return found.length === 0 ? undefined : found;
}

/**
 * True for a folder of the repository itself: not of another one, wherever links lead, and not of one that lies in it.
 * Looks at names alone: what was not agreed to is not opened.
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
 * Why the program of an agent must not be started now: it lies in the repository, and is not the one that was agreed to.
 * Null when it may be. Asked before each start.
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

/** Throws an `InputError` that tells what the user has to agree to, and how, unless they did. */
export function requireConsent({ consent }: { readonly consent: Consent }): void {
  if (consent.withheld.length > 0) throw new InputError(consentDiagnostics(consent));
}

/** What is withheld, each key where it stands, as warnings. */
export function withheldWarnings({ consent }: { readonly consent: Consent }): Diagnostic[] {
  return consent.withheld.map((needed) => ({
    ...asDiagnostic(consent, needed),
    severity: 'warning',
    hint: 'It has no effect before you agree: "backlog trust".',
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

/** What was not agreed to, each key where it stands; then what to do. */
function consentDiagnostics(consent: Consent): Diagnostic[] {
  const { withheld, before, digest } = consent;
  const changed = before === null ? [] : differences(before.needed, consent.needed);
  const asked = withheld.map((needed) => asDiagnostic(consent, needed));
  const differs = changed.map((one): Diagnostic => ({
    severity: 'error',
    code: 'trust-changed',
    message: `"${one.key}" is not as it was when you trusted it: ${describeDifference(one)}`,
  }));
  return [
    ...asked,
    ...differs,
    {
      severity: 'error',
      code: 'not-trusted',
      message:
        before !== null || consent.isMismatch
          ? `${consent.config} asks for something else than what you trusted; nothing was started`
          : `nobody agreed to what ${consent.config} asks for; nothing was started`,
      hint: `Look at it, and agree with "backlog trust"; where nobody can be asked: --trust ${digest}, or BACKLOG_TRUST=${digest}.`,
    },
  ];
}

/** What changed about one key, in words. */
export function describeDifference({ was, is }: Difference): string {
  if (was === null) return `it is new, with ${canonical(is?.value)}`;
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

/** What is withheld, in one line; null when nothing is. */
export function withheldLine({ consent }: { readonly consent: Consent }): string | null {
  if (consent.withheld.length === 0) return null;
  const keys = consent.withheld.map(({ key }) => key).join(', ');
  return `${consent.config} asks for what you did not agree to, and what has no effect before you do: ${keys} ("backlog trust" explains it)`;
}

/** Tells the person what is withheld from them. */
export function tellWithheld(project: { readonly consent: Consent }): void {
  const line = withheldLine(project);
  if (line !== null) notice(line);
}
