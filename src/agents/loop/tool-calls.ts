import type Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';
import type { AgentEmit, Followup, Order, OrderTool, Tool, ToolResult } from '../../model/agent.ts';
import { printableLine } from '../../util/text/printable.ts';
import {
  answerTools,
  blockSchema,
  definition,
  followupSchema,
  maxFollowups,
  noteSchema,
  summarySchema,
} from '../tools/answer-tools.ts';
import { isAllowed, toolsFor } from '../tools/index.ts';
import { webTools } from '../words/web.ts';

/** How an agent ends its work. */
export type Ending =
  { readonly kind: 'finish'; readonly answer: unknown } | { readonly kind: 'block'; readonly why: string };

/** Names of an agent's own tools, which offered ones cannot have. */
export const ownNames: readonly string[] = [
  ...toolsFor({ access: 'write', tools: null }),
  ...answerTools(null),
  ...webTools({ tools: ['web'] }, true),
].flatMap((tool) => ('name' in tool ? tool.name : []));

interface Called {
  /** The call's input in one line. */
  readonly summary: string;
  readonly outcome: ToolResult;
  readonly ending: Ending | null;
}

/** The tools of an order: their definitions for the model, and the execution of calls. */
export class ToolCalls {
  /** Byte-equal for all orders with the same access, tools and answer. */
  readonly definitions: readonly Anthropic.ToolUnion[];
  readonly followups: Followup[] = [];
  readonly #order: Pick<Order, 'workspace'>;
  readonly #emit: AgentEmit;
  readonly #tools: readonly Tool[];
  readonly #offers: readonly OrderTool[];
  /** Schemas of the answer tools. */
  readonly #answers: ReadonlyMap<string, z.ZodType>;

  constructor(order: Order, canSearch: boolean, emit: AgentEmit) {
    const finish = order.answerSchema ?? summarySchema;
    this.#order = order;
    this.#emit = emit;
    this.#tools = toolsFor(order);
    this.#offers = order.offers.filter((offer) => isAllowed(offer, order));
    this.#answers = new Map(Object.entries({ finish, block: blockSchema, followup: followupSchema, note: noteSchema }));
    this.definitions = [
      ...this.#tools.map(definition),
      ...this.#offers.map(offerDefinition),
      ...answerTools(finish),
      ...webTools(order, canSearch),
    ];
  }

  /** Executes the calls of a reply in order, adjacent reads in parallel. All results belong in one message. */
  async execute(
    calls: readonly Anthropic.ToolUseBlock[],
    signal: AbortSignal,
  ): Promise<{ readonly results: Anthropic.ToolResultBlockParam[]; readonly ending: Ending | null }> {
    const results: Anthropic.ToolResultBlockParam[] = [];
    let ending: Ending | null = null;
    for (const group of this.#groups(calls)) {
      signal.throwIfAborted();
      const done = await Promise.all(group.map(async (call) => ({ call, ...(await this.#execute(call, signal)) })));
      for (const { call, summary, outcome, ending: end } of done) {
        this.#emit({ type: 'tool', name: call.name, summary, isError: outcome.isError });
        results.push(toolResult(call.id, outcome.text, outcome.isError));
        ending ??= end;
      }
    }
    return { results, ending };
  }

  /** Groups adjacent reading calls; every other call is a group of its own. */
  #groups(calls: readonly Anthropic.ToolUseBlock[]): Anthropic.ToolUseBlock[][] {
    const isReading = (call: Anthropic.ToolUseBlock | undefined): boolean =>
      [...this.#tools, ...this.#offers].find(({ name }) => name === call?.name)?.access === 'read';
    const groups: Anthropic.ToolUseBlock[][] = [];
    for (const call of calls) {
      const last = groups.at(-1);
      if (last && isReading(call) && isReading(last[0])) last.push(call);
      else groups.push([call]);
    }
    return groups;
  }

  async #execute(call: Anthropic.ToolUseBlock, signal: AbortSignal): Promise<Called> {
    const offer = this.#offers.find((candidate) => candidate.name === call.name);
    if (offer) {
      const summary = printableLine(JSON.stringify(call.input), 200);
      return { summary, outcome: await offer.run(call.input, signal), ending: null };
    }
    const tool = this.#tools.find((candidate) => candidate.name === call.name);
    const schema = tool?.schema ?? this.#answers.get(call.name);
    if (!schema) return said(`There is no tool "${call.name}".`, true);
    const input = schema.safeParse(call.input);
    if (!input.success)
      return said(`The input of ${call.name} does not match its schema:\n${z.prettifyError(input.error)}`, true);
    if (!tool) return this.#take(call.name, input.data);
    const outcome = await tool.run(input.data, { workspace: this.#order.workspace, signal });
    return { summary: tool.summary(input.data), outcome, ending: null };
  }

  /** Executes an answer tool. */
  #take(name: string, input: unknown): Called {
    switch (name) {
      case 'followup':
        if (this.followups.length >= maxFollowups) return said(`Only ${maxFollowups} followups are accepted.`, true);
        this.followups.push(followupSchema.parse(input));
        return said('Saved for a person to decide.', false);
      case 'note':
        this.#emit({ type: 'note', text: noteSchema.parse(input).text });
        return said('The others will see it.', false);
      case 'finish':
        return said('Received.', false, { kind: 'finish', answer: input });
      default:
        return said('Received.', false, { kind: 'block', why: blockSchema.parse(input).reason });
    }
  }
}

function offerDefinition({ name, description, schema }: OrderTool): Anthropic.Tool {
  const { $schema: _dialect, ...input } = schema;
  return { name, description, input_schema: input as Anthropic.Tool.InputSchema };
}

function said(text: string, isError: boolean, ending: Ending | null = null): Called {
  return { summary: '', outcome: { text, isError }, ending };
}

export function toolResult(id: string, text: string, isError: boolean): Anthropic.ToolResultBlockParam {
  return { type: 'tool_result', tool_use_id: id, content: text, ...(isError ? { is_error: true } : {}) };
}
