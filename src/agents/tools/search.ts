import { z } from 'zod';
import { compilePattern, compiledMatches, patternProblem } from '../../model/path-pattern.ts';
import type { ExecResult, ToolContext, ToolResult, WorkspaceHandle } from '../../model/agent.ts';
import { defineTool, ok, wrong } from './tool.ts';

/*
 * Search runs as commands in the box, since an agent made the tree and a model wrote the pattern: `find` lists names,
 * and `rg` or `grep` match lines in linear time, with limits of time and output. Path patterns are matched here, as the
 * names arrive.
 */

/** Milliseconds for a search, and for matching its paths. */
const searchMs = 30_000;
const matchMs = 3000;
/** Maximum shown paths, shown lines, and kept paths. */
const [maxShown, maxLines, maxPaths] = [1000, 500, 50_000];
/** Maximum characters of a path pattern, and of a shown line. */
const [maxPattern, maxLine] = [500, 500];

/** Maximum bytes of lines: less than the limit of a command's output. */
const maxOutput = 900_000;

/** The plain files of the workspace, without `.git` and `node_modules`; links are not followed. */
const listing = String.raw`cd "$BACKLOG_ROOT" &&
exec find . \( -name .git -o -name node_modules \) -prune -o -type f $BACKLOG_SIZE -print0 2>/dev/null`;

/** Lines of the files in standard input. Exit 3: an invalid expression, explained in the output. */
const searching = String.raw`cd "$BACKLOG_ROOT" || exit 1
if command -v rg >/dev/null 2>&1
then set -- rg --no-config --no-messages -j1 --no-heading --color=never --no-ignore --hidden --max-columns=5000 --max-columns-preview -H -n $BACKLOG_CASE -e "$BACKLOG_WIDE"
else set -- grep -IHnsE $BACKLOG_CASE -e "$BACKLOG_PLAIN"
fi
"$@" </dev/null >/dev/null; [ $? -lt 2 ] || exit 3
xargs -0 "$@" -- | head -c ${maxOutput}`;

type Found = { readonly paths: readonly string[]; readonly isCut: boolean } | ToolResult;

/** Paths that match a pattern, sorted. `onlySmall`: omits files above a megabyte. */
async function findPaths(pattern: string, { workspace, signal }: ToolContext, onlySmall: boolean): Promise<Found> {
  const problem = pattern.length > maxPattern ? `it has more than ${maxPattern} characters` : patternProblem(pattern);
  if (problem !== null) return wrong(`The pattern cannot be used: ${problem}.`);
  const compiled = compilePattern(pattern);
  const enough = new AbortController();
  const paths: string[] = [];
  let rest = Buffer.alloc(0);
  let tookMs = 0;
  const onOutput = (chunk: Buffer): void => {
    const began = performance.now();
    const end = chunk.lastIndexOf(0);
    const names =
      end < 0
        ? []
        : Buffer.concat([rest, chunk.subarray(0, end)])
            .toString('utf8')
            .split('\0');
    rest = end < 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk.subarray(end + 1));
    for (const name of names) {
      if (enough.signal.aborted) return;
      const path = name.replace(/^\.\//, '');
      if (compiledMatches(compiled, path)) paths.push(path);
      if (paths.length >= maxPaths || performance.now() - began + tookMs > matchMs) enough.abort();
    }
    tookMs += performance.now() - began;
  };
  const ended = await inBox(workspace, listing, {
    signal: AbortSignal.any([signal, enough.signal]),
    onOutput,
    env: { BACKLOG_SIZE: onlySmall ? '-size -2049' : '' },
  });
  if (tookMs > matchMs && paths.length < maxPaths)
    return wrong('There are too many files for this pattern; use a simpler one, or name a folder.');
  if (ended.timedOut) return tooLong;
  return { paths: paths.toSorted(), isCut: enough.signal.aborted };
}

const tooLong = wrong(
  `The search took longer than ${searchMs / 1000} seconds; name a folder, or use a simpler pattern.`,
);

async function inBox(
  workspace: WorkspaceHandle,
  script: string,
  options: {
    readonly signal: AbortSignal;
    readonly env: Readonly<Record<string, string>>;
    readonly onOutput?: (chunk: Buffer) => void;
    readonly input?: string;
  },
): Promise<ExecResult> {
  const { env, ...more } = options;
  const root = { BACKLOG_ROOT: workspace.inside(workspace.path) };
  return workspace.exec(script, {
    ...more,
    env: { ...env, ...root },
    timeoutMs: searchMs,
    isReadOnly: true,
    isStep: true,
  });
}

/** The first lines, and the number of others. */
function shown(lines: readonly string[], most: number, isCut: boolean): string {
  const more = lines.length - most;
  const rest = more > 0 ? `\n[… and ${more}${isCut ? ' or more' : ''} more]` : isCut ? '\n[… and more]' : '';
  return lines.slice(0, most).join('\n') + rest;
}

/** Lists files of the workspace by pattern. */
export const globTool = defineTool({
  name: 'glob',
  description: 'Lists the files whose paths match a pattern, e.g. "src/**/*.ts". "**" lists all.',
  access: 'read',
  schema: z.object({ pattern: z.string().min(1) }),
  summary: (input) => input.pattern,
  async run(input, context) {
    const found = await findPaths(input.pattern, context, false);
    if ('isError' in found) return found;
    return ok(found.paths.length === 0 ? 'No file matches.' : shown(found.paths, maxShown, found.isCut));
  },
});

/** Searches lines of the workspace. */
export const grepTool = defineTool({
  name: 'grep',
  description:
    'Searches the lines of files up to 1 MB with a regular expression (extended, as of grep -E, with \\d, \\w, \\s and \\b; no look-around, no back-references); gives path:line:text.',
  access: 'read',
  schema: z.object({
    pattern: z.string().min(1).max(2000),
    path: z.string().min(1).optional().describe('Pattern of the files to search; default all.'),
    ignoreCase: z.boolean().optional(),
  }),
  summary: (input) => `${input.pattern}${input.path === undefined ? '' : ` in ${input.path}`}`,
  async run(input, context) {
    if (/[\0\n]/.test(input.pattern)) return wrong('The expression cannot be used: it has more than one line.');
    if (/\\[1-9]|\(\?[^:]/.test(input.pattern.replaceAll('\\\\', '')))
      return wrong('The expression cannot be used: look-around, flags and back-references are not supported.');
    const found = await findPaths(input.path ?? '**', context, true);
    if ('isError' in found) return found;
    if (found.paths.length === 0) return ok('Nothing found.');
    const ended = await inBox(context.workspace, searching, {
      signal: context.signal,
      input: `${found.paths.join('\0')}\0`,
      env: {
        BACKLOG_WIDE: input.pattern,
        BACKLOG_PLAIN: extended(input.pattern),
        BACKLOG_CASE: input.ignoreCase === true ? '-i' : '',
      },
    });
    if (ended.exitCode === 3) return wrong(`The expression cannot be used: ${ended.output.trim().slice(0, 500)}`);
    if (ended.timedOut) return tooLong;
    const lines = ended.output.split('\n').filter((line) => line !== '');
    const short = lines.map((line) => (line.length > maxLine ? `${line.slice(0, maxLine)}…` : line));
    return ok(
      short.length === 0
        ? 'Nothing found.'
        : shown(short, maxLines, found.isCut || ended.output.length > maxOutput - 1000),
    );
  },
});

const classes: Readonly<Record<string, string>> = { d: '0-9', w: '[:alnum:]_', s: '[:space:]' };

/** An expression for `grep -E`, with the usual character classes written out. */
function extended(pattern: string): string {
  return pattern.replace(
    /\\.|\(\?:|\[(\^?)(\]?(?:\\.|\[:\w+:\]|[^\]\\])*)\]/gs,
    (token, not?: string, body?: string) => {
      if (token === '(?:') return '(';
      if (body !== undefined) return characterClass(not ?? '', body);
      const letter = token.slice(1);
      const known = classes[letter.toLowerCase()];
      if (known === undefined) return token;
      return letter === letter.toLowerCase() ? `[${known}]` : `[^${known}]`;
    },
  );
}

/** In a POSIX class a backslash is literal, `]` comes first, and `^` and `-` last. */
function characterClass(not: string, body: string): string {
  let [first, last] = ['', ''];
  const rest = body.replace(/\\(.)/gs, (_token, letter: string) => {
    const known = classes[letter];
    if (known !== undefined) return known;
    if (letter === 't') return '\t';
    if (letter === ']') first = ']';
    else if (letter === '^' || letter === '-') last += letter;
    else return letter;
    return '';
  });
  return `[${not}${first}${rest}${last}]`;
}
