import type { ListItem } from 'mdast';
import { readBox } from '../format/boxes.ts';
import { endOffset, fold, plainText, startOffset } from '../text/markdown.ts';
import type { Source } from '../text/source.ts';
import { requirementsIn } from './references.ts';
import type { Task } from './tasks.ts';

/*
 * A checkpoint asks for no change: "Checkpoint - Ensure all tests pass". The checks of the configuration guard every unit, so
 * it is no unit. What waits for it waits for what it waits for.
 */

const checkpointTitle =
  /^(?:(?:final|last|phase\s+\d+|milestone(?:\s+\d+)?|最終|最终)\s*)?(?:checkpoint|检查点|檢查點|チェックポイント)(?:\s+\d+)?\s*(?:$|[-–—:：(（])/iu;
/** What only asks to look, to run what is there, or to ask. */
const onlyLooks =
  /^(?:(?:ensure|make sure)\b.*\b(?:tests?|checks?|builds?|compiles?|lint(?:ing)?|types?)\b|(?:verify|confirm|validate|review|check|run|re-?run|ask|pause|stop)\b|(?:all|the)\s+tests?\b|确认|确保|验证|检查|运行|询问|確認|確保|すべて|全て|テスト)/iu;

/** True for a task that is a checkpoint: its title says so, it names no requirement, and its parts, without boxes, only ask to look. */
export function isCheckpoint({ title, ranges, items, section }: Task, { text }: Source, offset: number): boolean {
  if (!checkpointTitle.test(title) || section !== null) return false;
  if (ranges.some(({ start, end }) => requirementsIn(text.slice(start, end)).isStated)) return false;
  const [own, ...others] = items;
  if (own === undefined || others.length > 0) return false;
  const parts = own.children
    .flatMap((node): (ListItem | null)[] => (node.type === 'list' ? node.children : [null]))
    .slice(1);
  return parts.every((part) => {
    if (part === null) return false;
    const raw = text.slice(startOffset(part) + offset, endOffset(part) + offset);
    return readBox(raw) === null && onlyLooks.test(fold(plainText(part)));
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
