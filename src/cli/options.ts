import { type Command, InvalidArgumentError } from 'commander';
import type { Selection } from '../engine/selection.ts';

/** Parses an option that counts; commander reports the rest as bad usage. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError(`expected a whole number from 1 up, got "${text}".`);
  return value;
}

/** Parses digests with commas between them. */
export function digestsOption(text: string): string[] {
  return text.split(/[\s,]+/).filter((one) => one !== '');
}

/** Parses an amount of money. */
export function dollars(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError(`expected an amount in dollars above 0, got "${text}".`);
  return value;
}

/** `90m` → milliseconds. */
export function durationOption(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(s|m|h)$/.exec(text.trim());
  const factor = { s: 1000, m: 60_000, h: 3_600_000 }[match?.[2] ?? ''];
  if (!match?.[1] || factor === undefined || Number(match[1]) === 0)
    throw new InvalidArgumentError(`expected a number with a unit, as "90s", "30m" or "2h", got "${text}".`);
  return Math.round(Number(match[1]) * factor);
}

/** A time of day (the next one), or a date with a time → ms since the epoch. */
export function untilOption(text: string): number {
  const clock = /^(\d{1,2}):(\d{2})$/.exec(text.trim());
  const now = new Date();
  if (clock) {
    const [hour, minute] = [Number(clock[1]), Number(clock[2])];
    if (hour < 24 && minute < 60) {
      const at = new Date(now.getFullYear(), now.getMonth(), now.getDate(), hour, minute);
      if (at <= now) at.setDate(at.getDate() + 1);
      return at.getTime();
    }
  }
  const date = /^\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(date))
    throw new InvalidArgumentError(`expected a time, as "06:30" or "2026-12-01T06:30", got "${text}".`);
  if (date <= now.getTime()) throw new InvalidArgumentError(`"${text}" is past.`);
  return date;
}

/** Options that say which units are meant. */
export interface SelectOptions {
  readonly only?: readonly string[];
  readonly exclude?: readonly string[];
  readonly phase?: readonly string[];
  readonly label?: readonly string[];
}

/** Adds the options that say which units are meant. */
export function withSelection(command: Command): Command {
  return command
    .option('--only <unit...>', 'only these units: keys, ids, or patterns with *')
    .option('--exclude <unit...>', 'all but these')
    .option('--phase <name...>', 'only units of these phases')
    .option('--label <name...>', 'only units with one of these labels');
}

/** The selection that was asked for. */
export function selectionOf(options: SelectOptions): Selection {
  const { only = [], exclude = [], phase = [], label = [] } = options;
  return { only, exclude, phases: phase, labels: label };
}
