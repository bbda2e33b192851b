import type Anthropic from '@anthropic-ai/sdk';
import { expect, test } from 'vitest';
import { ownNames, ToolCalls } from '../../../src/agents/loop/tool-calls.ts';
import type { AgentEvent, OrderTool } from '../../../src/model/agent.ts';
import { order } from '../../support/order.ts';
import { temporaryFolder } from '../../support/project.ts';

const never = new AbortController().signal;

function call(name: string, input: object = {}): Anthropic.ToolUseBlock {
  return { type: 'tool_use', id: `id of ${name}`, name, input } as Anthropic.ToolUseBlock;
}

/** Two offered tools, of which one writes. */
function offered(run: OrderTool['run']): OrderTool[] {
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', patternProperties: {} };
  return (['read', 'write'] as const).map((access) => ({
    name: `my_${access}`,
    description: 'D',
    access,
    schema,
    run,
  }));
}

test.each([
  ['read', ['my_read']],
  ['write', ['my_read', 'my_write']],
] as const)('with the access to %s, the offered tools are %j', async (access, names) => {
  const asked: unknown[] = [];
  const offers = offered((input, signal) => {
    asked.push(input, signal);
    return Promise.resolve({ text: 'Done.', isError: false });
  });
  const events: AgentEvent[] = [];
  const calls = new ToolCalls(order(temporaryFolder(), { access, tools: [], offers }), false, (event) => {
    events.push(event);
  });
  const own = calls.definitions.filter((tool) => 'name' in tool && tool.name.startsWith('my_'));
  expect(own).toEqual(
    names.map((name) => ({ name, description: 'D', input_schema: { type: 'object', patternProperties: {} } })),
  );
  const { results } = await calls.execute([call('my_read', { a: 1 }), call('my_write', { b: 2 })], never);
  const wrote = access === 'write';
  expect(results.map(({ content }) => content)).toEqual(['Done.', wrote ? 'Done.' : 'There is no tool "my_write".']);
  expect(asked).toEqual([{ a: 1 }, never, ...(wrote ? [{ b: 2 }, never] : [])]);
  expect(events).toEqual([
    { type: 'tool', name: 'my_read', summary: '{"a":1}', isError: false },
    { type: 'tool', name: 'my_write', summary: wrote ? '{"b":2}' : '', isError: !wrote },
  ]);
});

test('the names of its own tools are all that are ever defined', () => {
  const all = order(temporaryFolder(), {
    access: 'write',
    tools: ['bash', 'edit', 'glob', 'grep', 'read', 'web', 'write'],
  });
  const { definitions } = new ToolCalls(all, true, () => {});
  expect(definitions.flatMap((tool) => ('name' in tool ? tool.name : [])).toSorted()).toEqual([...ownNames].toSorted());
});
