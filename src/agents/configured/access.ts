import type { AgentConfig } from '../../model/agent-config.ts';
import { officialUrl } from '../money/models.ts';
import type { ModelAccess } from '../proxy/model-access.ts';
import { defaultMaxTokens, type Payment, type Surroundings } from './back-end.ts';
import { needSecret } from './needs.ts';

type Command = Extract<AgentConfig, { type: 'command' }>;

/** The `api` entry of an external program: the model that it may use. */
export type ApiConfig = NonNullable<Command['api']>;

/** How an external program is paid: by a subscription, by tokens of a model, or by order. */
export function programPayment({
  subscription,
  api,
  costUsd,
}: Pick<Command, 'subscription' | 'api' | 'costUsd'>): Payment {
  if (subscription) return { kind: 'subscription' };
  return api ? { kind: 'tokens', models: api.models } : { kind: 'order', costUsd: costUsd ?? null };
}

/** The variable with the key of a program's model; null without a model. */
export function apiVariable(api: ApiConfig | undefined): string | null {
  return api ? (api.apiKeyEnv ?? 'ANTHROPIC_API_KEY') : null;
}

/** The access of a program to its configured model; null without one. Throws an `InputError` without a key. */
export function openApi(
  api: ApiConfig | undefined,
  about: { readonly program: string | null; readonly web: boolean },
  surroundings: Surroundings,
): ModelAccess | null {
  const variable = apiVariable(api);
  if (!api || variable === null) return null;
  const { name } = surroundings;
  return openAccess(
    { ...api, models: [...new Set([...api.models, ...surroundings.models])] },
    { kind: 'key', secret: needSecret(surroundings, variable), variable },
    { isSubscription: false, web: about.web, program: about.program ?? `The agent "${name}"` },
    `agents.${name}.api`,
    surroundings,
  );
}

/** The access of a program to a model. `key`: path of the agent's configuration in messages. */
export function openAccess(
  api: Pick<ApiConfig, 'models' | 'baseUrl' | 'maxTokens' | 'allow'>,
  credential: ModelAccess['credential'],
  about: Pick<ModelAccess, 'isSubscription' | 'web' | 'program'>,
  key: string,
  { env, limiters, prices }: Pick<Surroundings, 'env' | 'limiters' | 'prices'>,
): ModelAccess {
  const upstream = api.baseUrl ?? env['ANTHROPIC_BASE_URL'] ?? officialUrl;
  return {
    upstream,
    credential,
    ...about,
    allowed: { fields: [], betas: [], ...api.allow },
    keys: { fields: `${key}.allow.fields`, betas: `${key}.allow.betas`, models: `${key}.models` },
    prices,
    limiterOf: (model) => limiters.of(upstream, credential.secret, model),
    models: api.models,
    maxTokens: api.maxTokens ?? defaultMaxTokens,
  };
}
