import { type Addition, criteriaLines, type NewUnit, type Spot, withLines } from '../format/addition.ts';
import { memberOf, textOf } from '../text/json-tree.ts';
import { sha256 } from '../../util/values/hash.ts';
import { readIssues } from './issues.ts';

/** Adds an issue as the last line of a list of issues. */
export function addIssue(unit: NewUnit, { file, sources }: Spot): Addition | null {
  const source = sources.find((one) => one.file === file);
  if (source === undefined || unit.touches.length > 0 || Math.abs(unit.priority ?? 0) > 2) return null;
  const { issues, deleted, diagnostics } = readIssues(sources);
  const [first] = issues.filter((issue) => issue.source === source);
  if (first === undefined || diagnostics.length > 0) return null;
  const prefix = /^(.+)-/.exec(first.id)?.[1] ?? 'bd';
  const id = freeId(prefix, unit.title, new Set([...issues.map((issue) => issue.id.toLowerCase()), ...deleted]));
  const at = new Date(unit.at).toISOString();
  const idOf = (key: string): string => issues.find((issue) => issue.id.toLowerCase() === key.toLowerCase())?.id ?? key;
  const criteria = criteriaLines(unit);
  const issue = {
    id,
    title: unit.title.replace(/\s+/g, ' ').trim(),
    ...(unit.body.trim() === '' ? {} : { description: unit.body.trim() }),
    ...(criteria.length === 0 ? {} : { acceptance_criteria: criteria.join('\n') }),
    status: unit.isDraft ? 'deferred' : 'open',
    priority: 2 - (unit.priority ?? 0),
    issue_type: textOf(memberOf(first.json, 'issue_type')) === 'issue' ? 'issue' : 'task',
    ...{ created_at: at, updated_at: at },
    ...(unit.depends.length === 0
      ? {}
      : { dependencies: unit.depends.map((key) => ({ issue_id: id, depends_on_id: idOf(key), type: 'blocks' })) }),
  };
  return { file, text: withLines(source.text, [JSON.stringify(issue)], false) };
}

/** An id of the kind that the program makes: the prefix, and a short hash. */
function freeId(prefix: string, title: string, used: ReadonlySet<string>): string {
  for (let count = 0; ; count++) {
    const hash = BigInt(`0x${sha256(`${title}\n${count}`).slice(0, 12)}`)
      .toString(36)
      .slice(0, 4);
    const id = `${prefix}-${hash.padStart(4, '0')}`;
    if (!used.has(id.toLowerCase())) return id;
  }
}
