import { own } from '../../util/values/own.ts';

/*
 * Translates the replies of Claude Code's model into calls of our loop's tools, so that sessions can be recorded and
 * replayed.
 */

export type RawBlock = Readonly<Record<string, unknown>> & { readonly type: string };

/** A reply in a recording. */
export interface RecordedReply {
  readonly content: readonly object[];
  readonly stop_reason: string;
}

type Input = Readonly<Record<string, unknown>>;

const tools: Readonly<
  Record<string, (input: Input, root: string) => { readonly name: string; readonly input: object }>
> = {
  Bash: ({ command, timeout }) => {
    const limit = typeof timeout === 'number' ? { timeoutSeconds: Math.ceil(timeout / 1000) } : {};
    return { name: 'bash', input: { command, ...limit } };
  },
  Read: ({ file_path: file, offset, limit }, root) => ({
    name: 'read',
    input: { path: relative(file, root), ...(offset ? { offset } : {}), ...(limit ? { limit } : {}) },
  }),
  Write: ({ file_path: file, content }, root) => ({ name: 'write', input: { path: relative(file, root), content } }),
  Edit: ({ file_path: file, old_string: before, new_string: after, replace_all: all }, root) => ({
    name: 'edit',
    input: { path: relative(file, root), old: before, new: after, ...(all === true ? { all } : {}) },
  }),
  Glob: ({ pattern }) => ({ name: 'glob', input: { pattern } }),
  Grep: ({ pattern }) => ({ name: 'grep', input: { pattern } }),
};

function relative(file: unknown, root: string): string {
  const name = String(file);
  return name.startsWith(`${root}/`) ? name.slice(root.length + 1) : name;
}

function translate(block: RawBlock, root: string): object[] {
  if (block.type === 'text') return [{ type: 'text', text: block['text'] }];
  if (block.type !== 'tool_use') return [];
  const { id } = block;
  const name = String(block['name']);
  const input = (block['input'] ?? {}) as Input;
  const ours = /^mcp__backlog__(\w+)$/.exec(name)?.[1];
  const call = ours === undefined ? (own(tools, name)?.(input, root) ?? { name, input }) : { name: ours, input };
  return [{ type: 'tool_use', id, ...call }];
}

/**
 * The messages of a session (blocks by message id) as replies of our loop. `root`: the workspace's path in the session.
 * Omits everything after `finish` or `block`; adds `finish` if neither was called.
 */
export function asReplies(
  messages: ReadonlyMap<string, readonly RawBlock[]>,
  root: string,
  summary: string,
): RecordedReply[] {
  const replies: RecordedReply[] = [];
  const isEnd = (block: object): boolean => 'name' in block && (block.name === 'finish' || block.name === 'block');
  for (const blocks of messages.values()) {
    const content = blocks.flatMap((block) => translate(block, root));
    if (!content.some((block) => 'name' in block)) continue; // text alone: our loop would ask for a tool call
    replies.push({ content, stop_reason: 'tool_use' });
    if (content.some(isEnd)) return replies;
  }
  const finish = { type: 'tool_use', id: 'toolu_finish', name: 'finish', input: { summary } };
  return [...replies, { content: [finish], stop_reason: 'tool_use' }];
}
