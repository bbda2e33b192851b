import { type Command, Option } from 'commander';
import { inputError } from '../model/diagnostic.ts';
import { parallelisms } from '../model/parallelism.ts';
import type { Selection } from '../engine/context/selection.ts';
import { didYouMean } from '../util/text/suggest.ts';

type Parse<T> = (text: string) => T;

function invalid(flag: string, text: string, expected: string, hint?: string): Error {
  return inputError('invalid-option', `invalid ${flag} ${JSON.stringify(text)}: expected ${expected}`, hint);
}

/** A whole number from 1 up. */
export function wholeNumber(flag: string): Parse<number> {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text.trim()) || !Number.isSafeInteger(value) || value < 1)
      throw invalid(flag, text, 'a whole number from 1 up');
    return value;
  };
}

/** A whole number from -1000 to 1000. */
export function priority(flag: string): Parse<number> {
  return (text) => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text.trim()) || Math.abs(value) > 1000)
      throw invalid(flag, text, 'a whole number from -1000 to 1000');
    return value;
  };
}

/** A positive amount in dollars. */
export function dollars(flag: string): Parse<number> {
  return (text) => {
    const value = Number(text.trim() === '' ? Number.NaN : text);
    if (!Number.isFinite(value) || value <= 0) throw invalid(flag, text, 'an amount in dollars above 0');
    return value;
  };
}

/** Converts `90m` to milliseconds. */
export function durationOption(flag: string): Parse<number> {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?)\s*(s|m|h)$/.exec(text.trim());
    const factor = { s: 1000, m: 60_000, h: 3_600_000 }[match?.[2] ?? ''];
    if (!match?.[1] || factor === undefined || Number(match[1]) === 0)
      throw invalid(flag, text, 'a number with a unit, such as "90s", "30m" or "2h"');
    return Math.round(Number(match[1]) * factor);
  };
}

/** Converts a time of day (the next one), or a date with a time, to ms since the epoch. */
export function untilOption(flag: string): Parse<number> {
  return (text) => {
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
    if (Number.isNaN(date)) throw invalid(flag, text, 'a time, such as "06:30" or "2026-12-01T06:30"');
    if (date <= now.getTime()) throw invalid(flag, text, 'a time in the future');
    return date;
  };
}

/** Converts a time that is over to ms since the epoch: `24h` or `7d` ago, a date, a date with a time, or a time of day. */
export function sinceOption(flag: string): Parse<number> {
  return (text) => {
    const given = text.trim();
    const now = new Date();
    const ago = /^(\d+(?:\.\d+)?)\s*(m|h|d)$/.exec(given);
    const unit = { m: 60_000, h: 3_600_000, d: 86_400_000 }[ago?.[2] ?? ''];
    if (ago?.[1] !== undefined && unit !== undefined) return now.getTime() - Number(ago[1]) * unit;
    const [, hour, minute] = /^(\d{1,2}):(\d{2})$/.exec(given) ?? [];
    if (hour !== undefined && minute !== undefined && Number(hour) < 24 && Number(minute) < 60) {
      const at = new Date(now.getFullYear(), now.getMonth(), now.getDate(), Number(hour), Number(minute));
      if (at > now) at.setDate(at.getDate() - 1);
      return at.getTime();
    }
    const [, day, time] = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{1,2}:\d{2}.*))?$/.exec(given) ?? [];
    // A date without a time would be one in UTC.
    const date = day === undefined ? Number.NaN : Date.parse(`${day}T${time ?? '00:00'}`);
    if (Number.isNaN(date))
      throw invalid(flag, text, 'a time, such as "24h", "7d", "06:30", "2026-12-01" or "2026-12-01T06:30"');
    return date;
  };
}

/** `--parallelism`, of a run and its plan. */
export function parallelismOption(): Option {
  const meaning = 'which units run side by side (default: from the configuration, else balanced)';
  return new Option('--parallelism <name>', meaning).choices(parallelisms);
}

/** `2026-11` */
export function monthOption(flag: string): Parse<string> {
  return (text) => {
    if (!/^\d{4}-(?:0[1-9]|1[0-2])$/.test(text)) throw invalid(flag, text, 'a month, such as "2026-11"');
    return text;
  };
}

/** A text that is not empty. */
export function text(flag: string, what: string): Parse<string> {
  return (given) => {
    if (given.trim() === '') throw invalid(flag, given, what);
    return given;
  };
}

/** One of several words. */
export function oneOf<T extends string>(flag: string, words: readonly T[]): Parse<T> {
  return (given) => {
    const found = words.find((word) => word === given);
    if (found !== undefined) return found;
    throw invalid(flag, given, `one of ${words.join(', ')}`, didYouMean(given, words));
  };
}

/** An option that takes one value and can be repeated. */
export function repeatable<T = string>(flags: string, description: string, parse: Parse<T> | null = null): Option {
  return new Option(flags, `${description} (repeatable)`).argParser<readonly T[] | undefined>((given, all) => [
    ...(all ?? []),
    parse === null ? (given as T) : parse(given),
  ]);
}

/** A repeatable option of digests, which commas may separate. */
export function digests(description: string): Option {
  return new Option('--trust <digest>', `${description} (repeatable)`).argParser<readonly string[] | undefined>(
    (given, all) => [...(all ?? []), ...given.split(/[\s,]+/).filter((one) => one !== '')],
  );
}

/** Options that select units. */
export interface SelectOptions {
  readonly only?: readonly string[];
  readonly exclude?: readonly string[];
  readonly phase?: readonly string[];
  readonly label?: readonly string[];
}

/** Adds the options that select units. */
export function withSelection(command: Command): Command {
  return command
    .addOption(repeatable('--only <unit>', 'only this unit: its key, its id, or a pattern with *'))
    .addOption(repeatable('--exclude <unit>', 'all but this one'))
    .addOption(repeatable('--phase <name>', 'only units of this phase'))
    .addOption(repeatable('--label <name>', 'only units with this label'));
}

export function selectionOf(options: SelectOptions): Selection {
  const { only = [], exclude = [], phase = [], label = [] } = options;
  return { only, exclude, phases: phase, labels: label };
}
