import type { AgentConfig } from '../../model/agent-config.ts';
import { factsOf, type ModelFacts, officialUrl } from '../money/models.ts';
import type { Limiter } from '../provider/limiter.ts';
import type { OpenVoice } from '../provider/voice.ts';
import { type BackEnd, defaultMaxTokens, defaultModel } from './back-end.ts';
import { needSecret } from './needs.ts';

/** Our own loop with the Anthropic API. */
export const anthropic: BackEnd<Extract<AgentConfig, { type: 'anthropic' }>> = {
  builtIn: () => ({ anthropic: { type: 'anthropic', cacheTtl: '5m' } }),
  programs: [],
  of: (config) => {
    const usual = config.model ?? defaultModel;
    const keyVariable = config.apiKeyEnv ?? 'ANTHROPIC_API_KEY';
    return {
      payment: { kind: 'tokens', models: [usual] },
      model: usual,
      secretVariable: keyVariable,
      program: null,
      command: null,
      exposes: [],
      bringsPrompt: false,
      shortened: (maxTokens) => ({ ...config, maxTokens }),
      make: async (surroundings) => {
        const { name, env, models, limiters, warmth, prices, recordInto, isOffline } = surroundings;
        const apiKey = needSecret(surroundings, keyVariable);
        const [{ anthropicVoice }, { askModel }, { recorded }, { loopAgent }] = await Promise.all([
          import('../voices/anthropic.ts'),
          import('../voices/ask-model.ts'),
          import('../voices/recording.ts'),
          import('../loop/loop-agent.ts'),
        ]);
        const settings = {
          ...{ apiKey, keyVariable, warmth, prices },
          baseUrl: config.baseUrl ?? env['ANTHROPIC_BASE_URL'] ?? null,
          maxTokens: config.maxTokens ?? defaultMaxTokens,
          cacheTtl: config.cacheTtl,
        };
        const limiterOf = (model: string | null): Limiter =>
          limiters.of(settings.baseUrl ?? officialUrl, apiKey, model ?? usual);
        const facts = new Map<string, ModelFacts>();
        if (!isOffline)
          for (const model of new Set([usual, ...models])) facts.set(model, await askModel(name, model, settings));
        const factsAt = (model: string): ModelFacts => facts.get(model) ?? factsOf(model, settings.baseUrl);
        const web = [usual, ...models].every((model) => factsAt(model).canSearch);
        const openVoice: OpenVoice = (order) => {
          const model = order.model ?? usual;
          const voice = anthropicVoice({ ...settings, model, facts: factsAt(model), limiter: limiterOf(model) });
          return Promise.resolve(recordInto === null ? voice : recorded(voice, recordInto, order));
        };
        const agent = loopAgent(surroundings, openVoice, { web });
        return { ...agent, pausedUntil: (model) => limiterOf(model).pausedUntil };
      },
    };
  },
};
