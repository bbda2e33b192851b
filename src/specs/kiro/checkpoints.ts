import type { ListItem } from 'mdast';
import { readBox } from '../format/boxes.ts';
import { checksIn } from '../format/checks.ts';
import { endOffset, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { asksForChange, onlyLooks, sentencesOf } from './looking.ts';
import { requirementsIn } from './references.ts';
import type { Task } from './tasks.ts';

/*
 * A checkpoint asks for no change: "Checkpoint - Ensure all tests pass". The checks of the configuration guard every unit, so
 * it is no unit. What waits for it waits for what it waits for.
 */

/** The title of a checkpoint, and what it says of it: "Checkpoint 2: …", "Checkpoint (…)". */
const checkpointTitle =
  /^(?:(?:final|last|phase\s+\d+|milestone(?:\s+\d+)?|最終|最终)\s*)?(?:checkpoint|检查点|檢查點|チェックポイント)(?:\s+\d+)?\s*(?:$|[(（](?<inside>[^()（）]*)[)）]\s*(?:$|[-–—:：])|[-–—:：])\s*(?<behind>.*)$/iu;
/** A title that only says where the checkpoint is. */
const place =
  /^(?:(?:after|end of)\s+)?(?:phase|part|step|stage|milestone|sprint|wave|iteration|tasks?)\s*[\d.,–-]*$/iu;

/**
 * True for a task that is a checkpoint: its title says so, it names no requirement, and its parts, without boxes and checks,
 * only ask to look. A title may name what is looked at, "Checkpoint - Full system", if there are such parts.
 */
export function isCheckpoint({ title, ranges, items, section }: Task, { text }: Source, offset: number): boolean {
  const said = checkpointTitle.exec(title)?.groups;
  if (said === undefined || section !== null) return false;
  if (ranges.some(({ start, end }) => requirementsIn(text.slice(start, end)).isStated)) return false;
  const [own, ...others] = items;
  if (own === undefined || others.length > 0) return false;
  const { commands, scripts } = checksIn([own]);
  if (commands.length + scripts.length > 0) return false;
  const parts = own.children
    .flatMap((node): (ListItem | null)[] => (node.type === 'list' ? node.children : [null]))
    .slice(1);
  const topics = [said['inside'] ?? '', said['behind'] ?? ''].filter((topic) => topic !== '' && !place.test(topic));
  if (!topics.every((topic) => onlyLooks(topic) || (parts.length > 0 && !asksForChange(topic)))) return false;
  return parts.every((part) => {
    if (part === null) return false;
    const raw = text.slice(startOffset(part) + offset, endOffset(part) + offset);
    return readBox(raw) === null && onlyLooks(sentencesOf(part));
  });
}

/** The keys that each task waits for, those of checkpoints replaced by what they wait for. `isPassed` by place. */
export function passing(
  order: readonly (readonly string[] | null)[],
  keys: readonly { readonly key: string }[],
  isPassed: readonly boolean[],
): (string[] | null)[] {
  const passed = new Map(
    keys.flatMap(({ key }, at) => (isPassed[at] === true ? [[key, order[at] ?? null] as const] : [])),
  );
  const known = new Map<string, ReadonlySet<string> | null>();
  const behind = (key: string): ReadonlySet<string> | null => {
    const found = known.get(key);
    if (found !== undefined) return found;
    known.set(key, new Set()); // in a circle of checkpoints
    const waits = passed.get(key) ?? null;
    const all = waits?.map((one) => (passed.has(one) ? behind(one) : new Set([one])));
    const some = all === undefined || all.includes(null) ? null : new Set(all.flatMap((one) => [...(one ?? [])]));
    known.set(key, some);
    return some;
  };
  return order.map((waits) => {
    if (waits === null || !waits.some((key) => passed.has(key))) return waits === null ? null : [...waits];
    const all = waits.map((key) => (passed.has(key) ? behind(key) : new Set([key])));
    return all.includes(null) ? null : [...new Set(all.flatMap((one) => [...(one ?? [])]))];
  });
}
