import { compilePattern, compiledMatches, patternProblem } from '../../model/path-pattern.ts';
import type { Repository } from '../../repo/git/repository.ts';
import { readFiles } from '../../repo/objects/tree.ts';
import { commentLines } from '../../util/text/comments.ts';

/** A comment that says what is left to do. */
export interface Todo {
  readonly file: string;
  readonly line: number;
  /** What is to be done, without the word. */
  readonly text: string;
}

/** Characters of a file that is read; larger ones are data or generated. */
const maxChars = 1024 * 1024;

/**
 * The TODO and FIXME comments that a change adds: those in its files that none of them had before. None from files that are
 * vendored or generated.
 */
export async function addedTodos(
  repository: Repository,
  before: string,
  after: string,
  files: readonly string[],
): Promise<Todo[]> {
  const rules = await readFiles(repository, after, ['.gitattributes']);
  const isForeign = foreignBy(rules.get('.gitattributes')?.toString('utf8') ?? '');
  const own = files.filter((file) => !isForeign(file));
  const [was, is] = await Promise.all([readFiles(repository, before, own), readFiles(repository, after, own)]);
  const known = new Set(own.flatMap((file) => todosIn(file, textOf(was.get(file)))).map(({ text }) => text));
  const found: Todo[] = [];
  for (const file of own) {
    for (const todo of todosIn(file, textOf(is.get(file)))) {
      if (known.has(todo.text)) continue; // it was there before, perhaps in another place
      known.add(todo.text);
      found.push(todo);
    }
  }
  return found;
}

function textOf(bytes: Buffer | null | undefined): string {
  return bytes === null || bytes === undefined || bytes.length > maxChars || bytes.includes(0)
    ? ''
    : bytes.toString('utf8');
}

/** The TODO and FIXME comments of a file; none if it says that it is generated. */
export function todosIn(file: string, text: string): Todo[] {
  if (!/\b(?:TODO|FIXME)\b/.test(text) || isGenerated(text)) return [];
  return commentLines(file, text).flatMap(({ line, text: comment }) => {
    const todo = /^@?(?:TODO|FIXME)(?![\w-])(?:\s*\([^)\n]{0,100}\))?\s*[:：.,-]*(.*)$/.exec(comment)?.[1]?.trim();
    return todo === undefined || !/[\p{L}\p{N}]/u.test(todo) ? [] : [{ file, line, text: todo.slice(0, 300) }];
  });
}

function isGenerated(text: string): boolean {
  return /@generated\b|\bDO NOT EDIT\b|\b(?:auto-?generated|code generated) (?:by|from)\b/i.test(text.slice(0, 2000));
}

const foreignFolder =
  /(?:^|\/)(?:node_modules|vendor|vendored|third[_-]party|bower_components|dist|\.yarn|Pods|Carthage|__snapshots__|generated|__generated__)\//;
const foreignFile =
  /(?:[.-]min\.(?:js|css)|\.bundle\.js|\.map|\.snap|\.lock|\.pb\.(?:go|cc|h)|_pb2(?:_grpc)?\.pyi?|\.(?:g|freezed)\.dart|\.(?:generated|designer)\.\w+|_generated\.\w+|\.gen\.\w+)$/i;

/** A predicate for vendored and generated files, by their names and by what `.gitattributes` says for linguist. */
function foreignBy(attributes: string): (file: string) => boolean {
  const patterns = attributes.split(/\r?\n/).flatMap((line) => {
    const [pattern = '', ...words] = line.trim().split(/\s+/);
    const isForeign = words.some((word) => /^linguist-(?:generated|vendored)(?:=true)?$/.test(word));
    if (!isForeign || pattern.startsWith('#')) return [];
    const bare = pattern.replace(/^\//, '');
    return [bare.includes('/') ? bare : `**/${bare}`, ...(pattern.includes('/') ? [] : [bare])];
  });
  const compiled = patterns.filter((pattern) => patternProblem(pattern) === null).map(compilePattern);
  return (file) =>
    foreignFolder.test(file) || foreignFile.test(file) || compiled.some((pattern) => compiledMatches(pattern, file));
}
