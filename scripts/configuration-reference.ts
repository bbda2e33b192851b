// Writes docs/configuration-reference.md from the schema of the configuration.
// node scripts/configuration-reference.ts
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import prettier from 'prettier';
import { z } from 'zod';
import { configSchema } from '../src/model/config.ts';
import { askedKeys, fitsKey } from '../src/model/consent.ts';

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly minLength?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly propertyNames?: Schema;
  readonly additionalProperties?: Schema | false;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** A key, and a whole configuration that sets it. */
interface Key {
  readonly at: readonly string[];
  readonly schema: Schema;
  readonly isRequired: boolean;
  readonly value: unknown;
  readonly whole: unknown;
  /** The heading under which it stands. */
  readonly part: string;
}

/** Examples of keys for which the schema alone would give a poor one, by the last names of their path. */
const examples: Readonly<Record<string, unknown>> = {
  $schema: './.backlog/config.schema.json',
  target: '../app',
  into: 'backlog/next',
  ignore: ['drafts/**'],
  only: ['plans', 'followups.md'],
  lint: { 'vague-claim': 'error' },
  agent: 'claude',
  model: 'claude-opus-5-5',
  models: ['claude-haiku-5-5'],
  prompt: 'prompts/reviewer.md',
  tools: ['read', 'grep', 'glob'],
  turns: 100,
  timeout: '30m',
  question: 'Who calls this?',
  labels: ['database'],
  paths: ['db/**'],
  recipe: 'build',
  setup: 'npm ci --ignore-scripts',
  'setup.command': 'npm ci --ignore-scripts',
  'setup.inputs': ['codegen/**'],
  'setup.network': ['registry.npmjs.org'],
  network: ['registry.npmjs.org'],
  hosts: ['*.example.org'],
  phases: ['foundation', 'features'],
  'gates.*.checks': ['npm test'],
  claims: ['Both sides keep to contracts/search.md'],
  human: ['The start page looks right'],
  'checks.*': 'npm test',
  protect: ['scripts/verify/**'],
  exclusive: ['db/schema.sql'],
  toolchains: ['/opt/sdk'],
  name: 'Nightly',
  email: 'nightly@example.org',
  'agents.*.command': './agent.sh',
  'agents.*.command[]': ['opencode', 'acp'],
  recordings: 'recordings',
  program: 'claude',
  baseUrl: 'https://api.example.org',
  apiKeyEnv: 'ANTHROPIC_API_KEY',
  secretEnv: 'CLAUDE_CODE_OAUTH_TOKEN',
  exposes: ['~/.tool/login.json'],
  env: { TOOL_HOME: '/tmp' },
  mode: 'code',
  fields: ['thread'],
  betas: ['new-beta-2026-11-01'],
  progress: '10s',
  on: { 'run.ended': 'notify-send backlog' },
  input: 5,
  output: 25,
  cacheWrite5m: 6.25,
  cacheWrite1h: 10,
  cacheRead: 0.5,
  webSearch: 10,
  costUsd: 0.5,
  budgetUsd: 20,
  unitBudgetUsd: 5,
  dayBudgetUsd: 50,
  stallUsd: 3,
  promptTokens: 200_000,
  fast: 6,
  maxTime: '2h',
  limits: { maxAgents: 4 },
  sandbox: { tier: 'strict' },
  allow: { betas: ['new-beta-2026-11-01'] },
  maxTokens: 16_000,
  baseWait: '10s',
};
const names: Readonly<Record<string, string>> = {
  agents: 'mine',
  checks: 'test',
  gates: 'foundation',
  prices: 'in-house',
  recipes: 'careful',
  roles: 'reviewer',
  roleBudgetsUsd: 'reviewer',
  lint: 'vague-claim',
};

/** A value that fits the schema. */
function sample(schema: Schema, at: readonly string[]): unknown {
  const list = schema.type === 'array' ? '[]' : '';
  for (const key of [`${at.join('.')}${list}`, at.slice(-2).join('.'), at.at(-1) ?? ''])
    if (Object.hasOwn(examples, key)) return examples[key];
  if (at[0] === 'on') return 'notify-send backlog';
  if (schema.const !== undefined) return schema.const;
  if (typeof schema.default === 'number' || (typeof schema.default === 'string' && !schema.enum)) return schema.default;
  if (schema.enum) return schema.enum.find((value) => value !== schema.default) ?? schema.enum[0];
  const choice = (schema.anyOf ?? schema.oneOf)?.[0];
  if (choice) return sample(choice, at);
  if (schema.properties) return Object.fromEntries(required(schema, at));
  if (schema.type === 'array' && schema.items) return [sample(schema.items, [...at, '*'])];
  if (schema.type === 'object' && schema.additionalProperties)
    return { [names[at.at(-1) ?? ''] ?? 'mine']: sample(schema.additionalProperties, [...at, '*']) };
  if (schema.type === 'boolean') return schema.default !== true;
  return Math.max(1, schema.minimum ?? 1);
}

function required(schema: Schema, at: readonly string[]): [string, unknown][] {
  return (schema.required ?? []).flatMap((key) => {
    const of = schema.properties?.[key];
    return of ? [[key, sample(of, [...at, key])] satisfies [string, unknown]] : [];
  });
}

interface Place {
  readonly at: readonly string[];
  readonly part: string;
  readonly within: (value: unknown) => unknown;
}

/** All keys below an object, in the order of the schema. */
function keysOf(schema: Schema, { at, part, within }: Place): Key[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, of]) => {
    const path = [...at, key];
    const wrap = (value: unknown): unknown => within({ ...Object.fromEntries(required(schema, at)), [key]: value });
    const value = sample(of, path);
    const isRequired = schema.required?.includes(key) ?? false;
    const own: Key = { at: path, schema: of, isRequired, value, whole: wrap(value), part };
    return [own, ...below(of, { at: path, part: at.length === 0 ? key : part, within: wrap })];
  });
}

function below(schema: Schema, { at, part, within }: Place): Key[] {
  const last = at.at(-1) ?? '';
  if (at[0] === 'rules' && last === 'roles') return []; // as `roles`
  if (last === 'roles' && schema.properties?.['reviewer'])
    return below(schema.properties['reviewer'], {
      ...{ at: [...at, '*'], part },
      within: (value) => within({ reviewer: value }),
    });
  if (schema.oneOf)
    return schema.oneOf.flatMap((variant) => {
      const type = String(variant.properties?.['type']?.const);
      return keysOf(variant, { at, within, part: `${part} of type ${type}` });
    });
  if (at[0] === 'on' && at.length > 1) return []; // hooks.ts; described in configuration.md
  const object = schema.anyOf?.find(({ properties }) => properties !== undefined);
  if (object) return keysOf(object, { at, part, within });
  if (schema.properties) return keysOf(schema, { at, part, within });
  if (schema.type === 'array' && schema.items)
    return below(schema.items, { at: [...at, '*'], part, within: (value) => within([value]) });
  if (schema.additionalProperties)
    return below(schema.additionalProperties, {
      ...{ at: [...at, '*'], part },
      within: (value) => within({ [names[last] ?? 'mine']: value }),
    });
  return [];
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(', or ');
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'values'}`;
  if (schema.type === 'object') return schema.additionalProperties ? 'object by name' : 'object';
  return schema.type ?? 'any';
}

/** All keys of the configuration, each with a valid configuration that sets it. */
export function allKeys(): Key[] {
  const schema = z.toJSONSchema(configSchema, { io: 'input', reused: 'inline' }) as Schema;
  return keysOf(schema, { at: [], part: '', within: (value) => value });
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function row({ at, schema, isRequired, value }: Key): string {
  const [says = '', byWords] = (schema.description ?? '').split('@default ');
  if (says.trim() === '') throw new Error(`Internal error: ${at.join('.')} has no description`);
  // The shell command of a `command` agent runs in the sandbox.
  const isBoxed = at.join('.') === 'agents.*.command' && schema.type === 'string';
  const isAsked =
    !isBoxed &&
    Object.keys(askedKeys).some((pattern) => at.some((_, index) => fitsKey(pattern, at.slice(0, index + 1))));
  const isEmpty = JSON.stringify(schema.default) === '{}' || JSON.stringify(schema.default) === '[]';
  const byValue = schema.default === undefined || isEmpty ? 'none' : `\`${JSON.stringify(schema.default)}\``;
  const usual = isRequired ? 'required' : (byWords?.replace(/\.$/, '') ?? byValue);
  const key = at.map((part) => (part.includes('.') ? `"${part}"` : part)).join('.');
  return `| ${[`\`${key}\``, says.trim(), typeOf(schema), usual, isAsked ? 'yes' : 'no', `\`${JSON.stringify(value)}\``].map(cell).join(' | ')} |`;
}

/** The text of the page. */
export async function page(): Promise<string> {
  const keys = allKeys();
  const table = (of: readonly Key[]): string =>
    `| key | meaning | type | default | consent | example |\n|---|---|---|---|---|---|\n${of.map(row).join('\n')}\n`;
  const parts = [...new Set(keys.map(({ part }) => part))];
  const text = `# Configuration reference

Every key of \`backlog.config.json\`, made from the schema by \`node scripts/configuration-reference.ts\`; a test keeps this page up to date, and parses each example. [Configuration](configuration.md) explains the keys in their context.

\`*\` stands for a name, or for an element of a list. A key with "yes" under consent has no effect until you agree to its value, unless that is harmless ([What needs your consent](configuration.md#what-needs-your-consent)).

${parts
  .map(
    (part) =>
      `## ${part === '' ? 'Top level' : part.charAt(0).toUpperCase() + part.slice(1)}\n\n${table(keys.filter((key) => key.part === part))}`,
  )
  .join('\n')}`;
  const file = path.join(import.meta.dirname, '../docs/configuration-reference.md');
  return prettier.format(text, { ...(await prettier.resolveConfig(file)), filepath: file });
}

if (import.meta.main) writeFileSync(path.join(import.meta.dirname, '../docs/configuration-reference.md'), await page());
