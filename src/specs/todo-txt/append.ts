import { type Addition, type NewUnit, type Refusal, type Spot, withLines } from '../format/addition.ts';
import type { Draft } from '../format/draft.ts';
import { fold } from '../text/markdown.ts';
import { linesOf } from './lines.ts';

/** Adds a line at the end. `known` are the tasks of all lines, in order. */
export function addLine(unit: NewUnit, { file, sources }: Spot, known: readonly Draft[]): Addition | Refusal | null {
  const source = sources.find((one) => one.file === file);
  if (source === undefined || source !== sources[0] || known.length === 0) return null;
  const { priority, checks, criteria, claims, touches, body } = unit;
  // A line has one criterion, which is a check, and no text of its own.
  const isMore = [...criteria, ...claims, ...touches].length > 0 || checks.length > 1 || body.trim() !== '';
  if (isMore)
    return { refusal: 'has a line for each task, which takes one check (--check), and no claims, text or paths' };
  if (priority !== null && (priority < 1 || priority > 26))
    return { refusal: 'has a letter for the priority of a task, which is 1 (Z) to 26 (A)' };
  const [check = ''] = checks;
  if (/[`\r\n]/.test(check.trim()))
    return { refusal: 'has a line for each task, so its check must be one line without backticks' };
  const lines = sources.flatMap(({ text }) => linesOf(text));
  const ids = unit.depends.map((key) => {
    const index = known.findIndex((draft) => draft.key.toLowerCase() === key.toLowerCase());
    return lines[index]?.values.get('id')?.[0];
  });
  if (ids.includes(undefined)) return { refusal: 'has no task with an id for each of the dependencies' };
  const isDated = /^(?:\([A-Z]\) )?\d{4}-\d\d-\d\d /m.test(source.text);
  const words = [
    ...(priority === null ? [] : [`(${String.fromCharCode('Z'.charCodeAt(0) + 1 - priority)})`]),
    ...(isDated ? [new Date(unit.at).toISOString().slice(0, 10)] : []),
    fold(unit.title),
    ...(ids.length === 0 ? [] : [`dep:${ids.join(',')}`]),
    ...(unit.isDraft ? ['h:1'] : []),
    ...(check.trim() === '' ? [] : [`check:\`${check.trim()}\``]),
  ];
  return { file, text: withLines(source.text, [words.join(' ')], false) };
}
