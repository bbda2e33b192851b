import { z } from 'zod';
import { printableLine } from '../../util/text/printable.ts';
import type { CacheTtl } from '../money/prices.ts';
import { knownBetas, type KnownRequest, knownVersions, plainRequest, searchingRequest } from './request-schema.ts';
import { perRequest } from '../words/web.ts';

/*
 * The filter of a program's requests. A proxy outside holds the key, so a request is the only way to leak data or to
 * cost more than was reserved. Known content (`request-schema.ts`) and content allowed by name passes, and is
 * serialized again from the parsed request.
 */

/** Allowed requests, by method and path. */
export const modelPaths: ReadonlySet<string> = new Set([
  'POST /v1/messages',
  'POST /v1/messages?beta=true',
  'POST /v1/messages/count_tokens',
  'POST /v1/messages/count_tokens?beta=true',
]);

/** Content that the user allows by name, beside the known. */
export interface Allowed {
  /** `speed`, `messages.content.title`, or `messages.content.type=…` for a type of blocks. */
  readonly fields: readonly string[];
  readonly betas: readonly string[];
}

/** Why a request was refused. */
export interface Refusal {
  readonly refused: string;
  /** The list entry in the agent's configuration that would allow it; null for none. */
  readonly entry: { readonly list: 'fields' | 'betas' | 'models'; readonly name: string } | null;
}

/** A request to pass on. */
export interface Passing {
  readonly body: string;
  /** The parsed body, for measuring. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly model: string;
  readonly maxTokens: number;
  /** The longest cache lifetime in it. */
  readonly ttl: CacheTtl;
  readonly speed: string | undefined;
  /** True if the provider may search the web. */
  readonly searches: boolean;
}

export interface RequestLimits {
  readonly models: readonly string[];
  readonly maxTokens: number;
  /** True: the provider may search the web. */
  readonly web: boolean;
  readonly allowed: Allowed;
}

const maxDepth = 64;
/** Fields that determine the price. */
const priced: readonly string[] = ['model', 'max_tokens', 'messages', 'tools.max_uses', 'thinking.budget_tokens'];
const final = (refused: string): Refusal => ({ refused, entry: null });

/** Filters the body of a request. */
export function filterRequest(text: string, limits: RequestLimits, isCounting = false): Passing | Refusal {
  const json = parse(text);
  if ('refused' in json) return json;
  const parsed = (limits.web ? searchingRequest : plainRequest).safeParse(json.value);
  const problem = parsed.success ? null : firstProblem(parsed.error.issues, json.value, limits);
  if (problem !== null) return problem;
  // All content is now known, or allowed by name.
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
  // Text would escape the quotes; elsewhere a false match only overestimates.
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
    const value: unknown = JSON.parse(text); // of a duplicate key, the last one remains
    look(value);
    return problem === null ? { value } : final(problem);
  } catch {
    return final('the body is not JSON');
  }
}

/** Limits output, thinking and searches of a request to what is reserved. */
function held(known: KnownRequest, maxTokens: number): Readonly<Record<string, unknown>> {
  const { thinking, tools } = known;
  return {
    ...known,
    ...(known.max_tokens === undefined ? {} : { max_tokens: maxTokens }),
    // Interleaved thinking may exceed `max_tokens`.
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

/** A search with limited uses, only called by the model itself. */
function heldSearch(tool: SearchTool): object {
  const isOld = tool.type === 'web_search_20250305'; // which only the model can call
  const { allowed_callers: _, ...rest } = tool;
  return {
    ...rest,
    max_uses: Math.min(tool.max_uses ?? perRequest.searches, perRequest.searches),
    ...(isOld ? {} : { allowed_callers: ['direct'] }),
  };
}

type Issue = z.core.$ZodIssue;

/** The first unknown content that is not allowed; null for none. */
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
    if (path === '') return final('the body is not a request for messages');
    const value = valueAt(json, issue.path);
    const isKind = issue.path.at(-1) === 'type' && typeof value === 'string';
    if (isKind && path === 'tools.type' && value.startsWith('web_search_'))
      return final(`the tool ${shown(value)} would run on the model's host`);
    // Fields that determine the price cannot be allowed by name.
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

/** For a union, the issues of the branch that matches deepest. */
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

/** The headers to pass on, or why they are refused. */
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
