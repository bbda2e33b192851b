import { expect, test } from 'vitest';
import { z } from 'zod';
import { type OfferedTool } from '../../../src/engine/crew/offers.ts';
import { readSince } from '../../../src/queue/events.ts';
import { readSessions } from '../../../src/queue/sessions.ts';
import { calls, callsInTurn, offer, openAgentsOfRun } from '../../support/agents-of-run.ts';

const none = z.object({});
const said = (text: string) => ({ text, isError: false });

/** A tool that begins, and ends once its signal aborts. */
function waits(): { readonly tool: OfferedTool; readonly begun: Promise<void>; readonly over: Promise<void> } {
  const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const run: OfferedTool['run'] = (_, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        over.resolve();
        resolve(said('stopped'));
      });
      begun.resolve();
    });
  return { tool: offer('wait', { schema: none, run }), begun: begun.promise, over: over.promise };
}

test.each([
  ['its end', async ({ agents }, name) => void agents.end(name)],
  ['the end of all', async ({ agents }) => agents.close()],
  ['a fatal end of the run', async ({ end }) => end.come({ kind: 'fatal', error: new Error('disk') })],
  ['the end of the executor', async ({ executor }) => void (await executor.close())],
] satisfies [string, (it: Awaited<ReturnType<typeof openAgentsOfRun>>, name: string) => Promise<void>][])(
  'a tool ends with its agent: %s',
  async (_, finish) => {
    const it = await openAgentsOfRun(callsInTurn(calls('wait')));
    const { tool, begun, over } = waits();
    const name = await it.agents.create({ ...it.task, offers: [tool] });
    await begun;
    await finish(it, name);
    expect(await it.agents.ended(name)).toEqual({ kind: 'stopped' });
    await over;
  },
);

test('a tool ends with its agent: the time limit', async () => {
  const { agents, task } = await openAgentsOfRun(callsInTurn(calls('wait')));
  const { tool, over } = waits();
  const limits = { ...task.limits, timeMs: 1000 };
  const name = await agents.create({ ...task, limits, offers: [tool] });
  expect(await agents.ended(name)).toMatchObject({ kind: 'failed', failure: { kind: 'time' } });
  await over;
});

test('an agent ends even if a tool goes on', async () => {
  const { agents, task } = await openAgentsOfRun(callsInTurn(calls('deaf')));
  const begun = Promise.withResolvers<void>();
  const run = async (): Promise<never> => {
    begun.resolve();
    return new Promise(() => {});
  };
  const name = await agents.create({ ...task, offers: [offer('deaf', { schema: none, run })] });
  await begun.promise;
  await agents.close();
  expect(agents.read(name)).toEqual({ lastWord: null, outcome: { kind: 'stopped' } });
});

test('an agent waits for one that it had created', async () => {
  const { agents, task, database, run } = await openAgentsOfRun((messages) =>
    messages[0]?.content === 'Ask.' && messages.length === 1 ? calls('ask') : calls('finish', { summary: 'Done.' }),
  );
  const ask = async () => said(String((await agents.ended(await agents.create(task)))?.kind));
  const brief = { shared: '', own: 'Ask.' };
  const first = await agents.create({ ...task, brief, offers: [offer('ask', { schema: none, run: ask })] });
  expect((await agents.ended(first))?.kind).toBe('finished');
  expect(readSessions(database, { run }).map(({ name, outcome }) => [name, outcome])).toEqual([
    [`${run}-planner`, 'finished'],
    [`${run}-planner-2`, 'finished'],
  ]);
});

test('tools that cannot be offered are refused, before there is a session', async () => {
  const { agents, task, database, run } = await openAgentsOfRun(() => null);
  const named = (...names: readonly string[]): OfferedTool[] =>
    names.map((name) => offer(name, { schema: none, run: never }));
  const refusal = async (offers: readonly OfferedTool[]): Promise<unknown> =>
    agents.create({ ...task, offers }).catch((error: unknown) => String(error));
  const another = 'cannot be offered: there is another one with this name';
  const badName = 'cannot be offered under this name';
  for (const name of ['read', 'Write', 'bash', 'finish', 'block', 'web_search', 'web_fetch'])
    expect(await refusal(named(name))).toBe(`InputError: the tool "${name}" ${another}`);
  for (const name of ['', 'a b', 'a.b', 'ä', 'x'.repeat(65)])
    expect(await refusal(named(name))).toBe(`InputError: the tool "${name}" ${badName}`);
  expect([
    await refusal(named('ask', 'Ask')),
    await refusal([offer('change', { access: 'write', schema: none, run: never })]),
    await refusal([offer('at', { schema: z.object({ at: z.date() }), run: never })]),
    await refusal([offer('say', { schema: z.string(), run: never })]),
  ]).toEqual([
    `InputError: the tool "Ask" ${another}`,
    'InputError: the tool "change" cannot be offered: it writes, and the agent only reads',
    'InputError: the tool "at" has a schema that JSON Schema cannot express: Date cannot be represented in JSON Schema',
    'InputError: the tool "say" has a schema that is not of an object',
  ]);
  expect(readSessions(database, { run })).toEqual([]);
  expect(await refusal(named('ask', 'asks', 'reader', 'x'.repeat(64)))).toBe(`${run}-planner`);
});

test('a schema that no answer can have is refused, before there is a session', async () => {
  const { agents, task, database, run } = await openAgentsOfRun(() => null);
  await expect(agents.create({ ...task, answerSchema: z.object({ at: z.date() }) })).rejects.toThrow(
    'the answer of an agent has a schema that JSON Schema cannot express',
  );
  expect(readSessions(database, { run })).toEqual([]);
});

test.each(['close', 'closing', 'fatal'] as const)('none starts after the end: %s', async (how) => {
  const { agents, task, database, run, end } = await openAgentsOfRun(() => null);
  const making = agents.create(task).catch((error: unknown) => String(error));
  if (how === 'close') await agents.close();
  else if (how === 'closing') end.closeForTime();
  else end.come({ kind: 'fatal', error: new Error('disk') });
  expect(await making).toBe('Interrupted: stopped');
  expect(readSessions(database, { run })).toEqual([]);
});

test('a queue that fails ends the run, and no promise rejects', async () => {
  const { agents, task, database, end } = await openAgentsOfRun(callsInTurn(calls('lose')));
  const run = (): Promise<{ text: string; isError: boolean }> => {
    database.close();
    return Promise.resolve(said('lost'));
  };
  const name = await agents.create({ ...task, offers: [offer('lose', { schema: none, run })] });
  expect(await agents.ended(name)).toMatchObject({ kind: 'broken' });
  await agents.close();
  expect(String(end.fatal?.error)).toContain('The database connection is not open');
});

test('a bug where an agent works ends the run', async () => {
  const { agents, task, end } = await openAgentsOfRun(() => {
    throw new TypeError('a slip');
  });
  const name = await agents.create(task);
  expect(await agents.ended(name)).toMatchObject({ kind: 'broken', error: { message: 'a slip' } });
  expect(end.fatal?.error).toMatchObject({ message: 'a slip' });
});

test('an error of a tool ends the run; one that is stopped does not', async () => {
  const first = await openAgentsOfRun(callsInTurn(calls('slip')));
  const slip = offer('slip', { schema: none, run: () => Promise.reject(new TypeError('a slip')) });
  await first.agents.ended(await first.agents.create({ ...first.task, offers: [slip] }));
  expect(String(first.end.fatal?.error)).toBe('TypeError: a slip');
  const second = await openAgentsOfRun(callsInTurn(calls('wait')));
  const { tool, begun } = waits();
  const run: OfferedTool['run'] = async (input, signal) => {
    await tool.run(input, signal);
    signal.throwIfAborted();
    return said('');
  };
  await second.agents.create({ ...second.task, offers: [offer('wait', { schema: none, run })] });
  await begun;
  await second.agents.close();
  expect(second.end.fatal).toBeNull();
});

test('a tool that may not or cannot create an agent tells it, and the run goes on', async () => {
  const heard: unknown[] = [];
  const { agents, task, end } = await openAgentsOfRun((messages) => {
    heard.push(messages.at(-1)?.content);
    return callsInTurn(calls('ask', { how: 'badly' }), calls('ask', { how: 'late' }))(messages);
  });
  const ask: OfferedTool['run'] = async (input) => {
    const isBad = (input as { how: string }).how === 'badly';
    if (!isBad) end.closeForTime();
    return said(await agents.create({ ...task, offers: isBad ? [offer('read', { schema: none, run: never })] : [] }));
  };
  const asks = offer('ask', { schema: z.object({ how: z.string() }), run: ask });
  const name = await agents.create({ ...task, offers: [asks] });
  expect([(await agents.ended(name))?.kind, end.fatal]).toEqual(['finished', null]);
  expect(heard.slice(1)).toMatchObject([
    [{ content: 'ask failed: the tool "read" cannot be offered: there is another one with this name', is_error: true }],
    [{ content: 'ask failed: stopped', is_error: true }],
  ]);
});

test('what is asked of a tool is one short line, checked by its own schema, and names no file', async () => {
  const { agents, task, database, run } = await openAgentsOfRun(
    callsInTurn(
      calls('read_file', { at: '2026-02-31', note: `${'x'.repeat(300)}\ny` }),
      calls('read_file', { at: '2026-02-28' }),
      calls('move', { at: 'a.txt' }),
    ),
  );
  const taken: unknown[] = [];
  const take: OfferedTool['run'] = (input) => {
    taken.push(input);
    return Promise.resolve(said('Read.'));
  };
  const at = z.object({ at: z.string(), more: z.int().default(1) }).refine((one) => one.at !== '2026-02-31', 'no day');
  const name = await agents.create({
    ...task,
    offers: [offer('read_file', { schema: at, run: take }), offer('move', { schema: z.object({}), run: take })],
  });
  expect((await agents.ended(name))?.kind).toBe('finished');
  expect(taken).toEqual([{ at: '2026-02-28', more: 1 }, {}]);
  const events = [...readSince(database, run, 0)].flatMap(({ event }) => (event.type === 'agent-tool' ? [event] : []));
  expect(events.map(({ tool, summary, isError }) => [tool, summary, isError])).toEqual([
    ['read_file', `{"at":"2026-02-31","note":"${'x'.repeat(172)}…`, true],
    ['read_file', '{"at":"2026-02-28"}', false],
    ['move', '{"at":"a.txt"}', false],
    ['finish', '', false],
  ]);
  expect(readSessions(database, { run }).map((one) => [one.filesRead, one.filesWritten])).toEqual([[[], []]]);
});

function never(): Promise<never> {
  throw new Error('it was called');
}
