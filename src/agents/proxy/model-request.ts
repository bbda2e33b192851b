import { z } from 'zod';
import { printableLine } from '../../util/text/printable.ts';
import type { CacheTtl } from '../money/prices.ts';
import { knownBetas, type KnownRequest, knownVersions, plainRequest, searchingRequest } from './request-schema.ts';
import { perRequest } from '../words/web.ts';

/*
 * What a program in a box may ask of a model: a proxy outside holds the key, so a request is all that is left to get
 * something out or in, or to cost more than was reserved. What passes is what is known (`request-schema.ts`), and what the
 * user allowed by name; it is written anew from what was found to be so.
 */

/** Where requests may go, by method and path. */
export const modelPaths: ReadonlySet<string> = new Set([
  'POST /v1/messages',
  'POST /v1/messages?beta=true',
  'POST /v1/messages/count_tokens',
  'POST /v1/messages/count_tokens?beta=true',
]);

/** What the user lets pass beside what is known, by name. */
export interface Allowed {
  /** `speed`, `messages.content.title`, or `messages.content.type=…` for blocks of a kind. */
  readonly fields: readonly string[];
  readonly betas: readonly string[];
}

/** Why a request may not pass. */
export interface Refusal {
  readonly refused: string;
  /** What would let it pass: an entry of a list of the agent's configuration; null for nothing. */
  readonly entry: { readonly list: 'fields' | 'betas' | 'models'; readonly name: string } | null;
}

/** A request that may pass, as it is to be sent. */
export interface Passing {
  readonly body: string;
  /** The same, to be measured. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly model: string;
  readonly maxTokens: number;
  /** How long something of it is kept in the cache, at most. */
  readonly ttl: CacheTtl;
  readonly speed: string | undefined;
  /** True when the provider may search the web for it. */
  readonly searches: boolean;
}

/** What requests are held to. */
export interface RequestLimits {
  readonly models: readonly string[];
  readonly maxTokens: number;
  /** True: the provider may search the web. */
  readonly web: boolean;
  readonly allowed: Allowed;
}

const maxDepth = 64;
/** Fields that every price is computed from. */
const priced: readonly string[] = ['model', 'max_tokens', 'messages', 'tools.max_uses', 'thinking.budget_tokens'];
const final = (refused: string): Refusal => ({ refused, entry: null });

/** Judges the body of one request. */
export function filterRequest(text: string, limits: RequestLimits, isCounting = false): Passing | Refusal {
  const json = parse(text);
  if ('refused' in json) return json;
  const parsed = (limits.web ? searchingRequest : plainRequest).safeParse(json.value);
  const problem = parsed.success ? null : firstProblem(parsed.error.issues, json.value, limits);
  if (problem !== null) return problem;
  // Nothing is in it now but what is known, and what was allowed by name.
  const known = parsed.success ? parsed.data : (json.value as KnownRequest);
  const { model } = known;
  if (!limits.models.includes(model))
    return {
      refused: `the model ${shown(model)} is not allowed`,
      entry: { list: 'models', name: shown(model) },
    };
  if (!isCounting && known.max_tokens === undefined) return final('"max_tokens" is missing');
  const maxTokens = Math.min(known.max_tokens ?? limits.maxTokens, limits.maxTokens);
  const request = held(known, maxTokens);
  const body = JSON.stringify(request);
  const searches = known.tools?.some((tool) => isSearch(tool)) ?? false;
  // In a text the marks would be escaped; elsewhere it errs on the dear side.
  const ttl = body.includes('"ttl":"1h"') ? '1h' : '5m';
  return { body, request, model, maxTokens, ttl, speed: known.speed ?? undefined, searches };
}

function parse(text: string): { readonly value: unknown } | Refusal {
  let depth = 0;
  let problem: string | null = null;
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (++depth > maxDepth) problem = 'the body is nested too deeply';
    else if (Object.hasOwn(value, '__proto__')) problem = 'a key "__proto__" is not allowed';
    else for (const inner of Object.values(value)) if (problem === null) look(inner);
    depth--;
  };
  try {
    const value: unknown = JSON.parse(text); // of a key that stands twice, the last one is left
    look(value);
    return problem === null ? { value } : final(problem);
  } catch {
    return final('the body is no JSON');
  }
}

/** A request with its output, its thinking and its searches held to what is reserved for them. */
function held(known: KnownRequest, maxTokens: number): Readonly<Record<string, unknown>> {
  const { thinking, tools } = known;
  return {
    ...known,
    ...(known.max_tokens === undefined ? {} : { max_tokens: maxTokens }),
    // With interleaved thinking more than `max_tokens` may be thought.
    ...(thinking?.type === 'enabled'
      ? { thinking: { ...thinking, budget_tokens: Math.min(thinking.budget_tokens, Math.max(1, maxTokens - 1)) } }
      : {}),
    ...(tools ? { tools: tools.map((tool) => (isSearch(tool) ? heldSearch(tool) : tool)) } : {}),
  };
}

type Tool = NonNullable<KnownRequest['tools']>[number];
type SearchTool = Extract<Tool, { readonly name: 'web_search'; readonly max_uses?: unknown }>;

function isSearch(tool: Tool): tool is SearchTool {
  return tool.type?.startsWith('web_search_') ?? false;
}

/** A search as it may be asked for: so often, and by the model itself. */
function heldSearch(tool: SearchTool): object {
  const isOld = tool.type === 'web_search_20250305'; // which nothing but the model calls
  const { allowed_callers: _, ...rest } = tool;
  return {
    ...rest,
    max_uses: Math.min(tool.max_uses ?? perRequest.searches, perRequest.searches),
    ...(isOld ? {} : { allowed_callers: ['direct'] }),
  };
}

type Issue = z.core.$ZodIssue;

/** The first thing that is neither known nor allowed; null for none. */
function firstProblem(issues: readonly Issue[], json: unknown, limits: RequestLimits): Refusal | null {
  const { fields } = limits.allowed;
  for (const issue of issues.flatMap(leaves)) {
    const path = named(issue.path);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const name = path === '' ? key : `${path}.${key}`;
        if (fields.includes(name)) continue;
        return { refused: `the field "${shown(name)}" is not known`, entry: { list: 'fields', name: shown(name) } };
      }
      continue;
    }
    if (path === '') return final('the body is no request for messages');
    const value = valueAt(json, issue.path);
    const isKind = issue.path.at(-1) === 'type' && typeof value === 'string';
    if (isKind && path === 'tools.type' && value.startsWith('web_search_'))
      return final(`the tool ${shown(value)} would run on the model's host`);
    // What a call is priced by is never taken on trust.
    if (priced.includes(path)) return final(`"${path}" as ${described(value)} is not known`);
    const name = isKind ? `${path}=${value}` : path;
    if (fields.includes(name)) continue;
    const what =
      value === undefined
        ? `the field "${shown(path)}" is missing`
        : `"${shown(path)}" as ${described(value)} is not known`;
    return { refused: what, entry: { list: 'fields', name: shown(name) } };
  }
  return null;
}

/** Of a value that may be one thing or another, what speaks against the one that it is most like. */
function leaves(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const branches = issue.errors.map((branch) =>
    branch.map((inner): Issue => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(leaves),
  );
  const depth = (branch: readonly Issue[]): number => Math.max(0, ...branch.map(({ path }) => path.length));
  return branches.toSorted((a, b) => depth(b) - depth(a))[0] ?? [issue];
}

function named(path: readonly PropertyKey[]): string {
  return path.filter((part) => typeof part === 'string').join('.');
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    json,
  );
}

function shown(text: string): string {
  return printableLine(text, 100);
}

function described(value: unknown): string {
  return shown(typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? typeof value));
}

/** The headers of a request as they are to be sent; or why it may not. */
export function filterHeaders(
  sent: { readonly betas: string; readonly version: string },
  allowed: Allowed,
): { readonly betas: string; readonly version: string } | Refusal {
  const betas = [...new Set(sent.betas.split(',').map((beta) => beta.trim()))].filter((beta) => beta !== '');
  const unknown = betas.find((beta) => !knownBetas.has(beta) && !allowed.betas.includes(beta));
  if (unknown !== undefined)
    return { refused: `the beta "${shown(unknown)}" is not known`, entry: { list: 'betas', name: shown(unknown) } };
  if (!knownVersions.has(sent.version) && !allowed.fields.includes('anthropic-version'))
    return {
      refused: `"anthropic-version" as ${described(sent.version)} is not known`,
      entry: { list: 'fields', name: 'anthropic-version' },
    };
  return { betas: betas.join(','), version: sent.version };
}
