import { printAside } from './output.ts';
import { confirm, isCancel } from '@clack/prompts';
import type { Asked } from '../engine/verbs/keeping/trust.ts';
import { printableLine } from '../util/text/printable.ts';

/** True if a terminal is present to ask questions on. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true && !process.env['CI'];
}

/** Describes the keys of a configuration that need consent, as lines. */
export function explain(asked: Asked): string[] {
  if (asked.needed.length === 0)
    return [`${asked.config} asks for nothing that needs your consent: it stays within the sandbox and your budgets.`];
  const lines = [
    `${asked.config} asks for more than the sandbox allows. It is part of the repository, so it cannot consent for you:`,
    '',
  ];
  for (const needed of asked.needed) {
    lines.push(`  ${printableLine(needed.key)}: ${shown(needed.value)}`, `      ${needed.why}`);
    for (const [key, value] of Object.entries(needed.with))
      lines.push(`      with ${printableLine(key)}: ${shown(value)}`);
    for (const file of needed.files)
      lines.push(`      executes ${printableLine(file.path)} (${printableLine(file.content, 60)})`);
  }
  if (asked.changes !== null) {
    lines.push('', 'Changes since you trusted it:');
    for (const { key, says } of asked.changes) lines.push(`  ${printableLine(key)}: ${printableLine(says, 1000)}`);
  }
  lines.push('', `Digest: ${asked.digest}`);
  return lines;
}

function shown(value: unknown): string {
  return printableLine(JSON.stringify(value) ?? '', 50_000); // whole: what is cut off would be consented to unseen
}

/** Prints the request on standard error, and asks for consent. */
export async function askConsent(asked: Asked, signal?: AbortSignal): Promise<boolean> {
  printAside(explain(asked).join('\n'));
  const answer = await confirm({
    message: 'Do you consent to exactly this? You are asked again when it changes.',
    initialValue: false,
    output: process.stderr,
    ...(signal ? { signal } : {}),
  });
  return !isCancel(answer) && answer;
}
