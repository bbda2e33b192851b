import { describe, expect, test } from 'vitest';
import { Casting } from '../../../src/engine/crew/casting.ts';
import { type Role, roles, toolNames } from '../../../src/model/agent.ts';
import { configSchema } from '../../../src/model/config.ts';

const unit = { agent: null, labels: [], touches: [] } as const;
const casting = (config: object = {}, isCapped = false): Casting =>
  new Casting(configSchema.parse(config), 'anthropic', { isCapped });
const seeing = (all: Casting): readonly Role[] =>
  roles.filter((role) => all.part(role, unit).tools?.includes('web') === true);

describe('the web', () => {
  test('is for who looks around, unless tools say otherwise', () => {
    expect(seeing(casting())).toEqual(['scout', 'researcher', 'synthesizer']);
    const tools = { scout: { tools: ['read'] }, builder: { tools: ['bash', 'edit', 'web'] } };
    expect(seeing(casting({ roles: tools }))).toEqual(['builder', 'researcher', 'synthesizer']);
  });

  test('is for nobody under a cap, which a search could break, unless tools name it', () => {
    expect(seeing(casting({}, true))).toEqual([]);
    expect(seeing(casting({ roles: { scout: { tools: toolNames } } }, true))).toEqual(['scout']);
  });
});

test('a unit names who works on it, then rules do, then the configuration', () => {
  const all = casting({
    agents: { mine: { type: 'anthropic', model: 'claude-haiku-5-5' } },
    roles: { builder: { effort: 'high', prompt: 'b.md' }, reviewer: { turns: 5, timeout: '2m' } },
    rules: [{ labels: ['database'], roles: { builder: { model: 'claude-fable-5-2' } } }],
  });
  const names = ({ agent, model, effort, prompt }: ReturnType<Casting['part']>): object => ({
    agent,
    model,
    effort,
    prompt,
  });
  expect([
    names(all.part('builder', unit)),
    names(all.part('builder', { ...unit, labels: ['database'] })),
    names(all.part('builder', { ...unit, agent: 'mine' })),
    names(all.part('reviewer', { ...unit, agent: 'mine' })),
    names(all.scout(unit, { model: 'claude-sonnet-5-5' })),
  ]).toEqual([
    { agent: 'anthropic', model: 'claude-opus-5-5', effort: 'high', prompt: 'b.md' },
    { agent: 'anthropic', model: 'claude-fable-5-2', effort: 'high', prompt: 'b.md' },
    { agent: 'mine', model: 'claude-haiku-5-5', effort: 'high', prompt: 'b.md' },
    { agent: 'anthropic', model: 'claude-sonnet-5-5', effort: 'medium', prompt: null },
    { agent: 'anthropic', model: 'claude-sonnet-5-5', effort: 'medium', prompt: null },
  ]);
  expect(all.part('reviewer', unit)).toMatchObject({ turns: 5, timeMs: 120_000 });
});

test.each(['anthropc', 'constructor', '__proto__'])('an agent that nobody knows is told: %s', (name) => {
  expect(() => casting().configOf(name)).toThrow(`there is no agent "${name}"`);
});

test('Claude Code works by the token of a subscription where there is no key, and only for who typed its name', () => {
  const token = { CLAUDE_CODE_OAUTH_TOKEN: 't' };
  const login = (flag: string | null, env: Readonly<Record<string, string>>, config: object = {}): unknown =>
    Object.entries(new Casting(configSchema.parse(config), 'claude', { typed: { flag, env } }).configOf('claude')).find(
      ([key]) => key === 'login',
    )?.[1];
  expect([
    login('claude', token),
    login('claude', { ...token, ANTHROPIC_API_KEY: 'k' }),
    login('claude', {}),
    login(null, token, { agent: 'claude' }),
    login('claude', token, { agents: { claude: { type: 'claude' } } }),
  ]).toEqual(['subscription', 'key', 'key', 'key', 'key']);
});
