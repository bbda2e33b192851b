/*
 * What an agent does whose program is a shell script. Each function gives one step of it, as text of `sh`; a command that
 * needs none of them can stand beside them as it is. In names of files and in texts, `$BACKLOG_UNIT` and the other
 * variables of an agent are filled in; everything else is as it stands.
 */

/** The steps one after the other; how the last one ends is how the agent ends. */
export const script = (...steps: readonly string[]): string => steps.join('\n');

/** One word of `sh`. */
const word = (text: string): string => `"${text.replace(/["\\`]|\$(?!BACKLOG_)/g, String.raw`\$&`)}"`;
const words = (texts: readonly string[]): string => texts.map(word).join(' ');

/** Prints a line. */
const say = (...lines: readonly string[]): string => `printf '%s\\n' ${words(lines)}`;

/** Writes a file of these lines, in place of one that is there. */
export const write = (file: string, ...lines: readonly string[]): string => `${say(...lines)} > ${word(file)}`;
export const append = (file: string, ...lines: readonly string[]): string => `${say(...lines)} >> ${word(file)}`;

/** A line in a file for each time that this is done. */
export const count = (file: string): string => append(file, 'x');

export const touch = (...files: readonly string[]): string => `touch ${words(files)}`;
export const copy = (from: string, to: string): string => `cp ${word(from)} ${word(to)}`;

/** Changes a file by an expression of `sed`. */
export const edit = (file: string, expression: string): string => `sed -i ${word(expression)} ${word(file)}`;

/** Keeps what the agent was told. */
export const keepBrief = (file = '$BACKLOG_UNIT.txt'): string => copy('$BACKLOG_BRIEF', file);

const text = (value: string | object): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Gives the answer that the order asks for. */
export const answer = (value: string | object): string => write('$BACKLOG_ANSWER', text(value));

/** The answer of a reviewer who confirms the first claims by one line of a file. */
export function confirm(quote: { file: string; line: number; text: string }, claims = 1): string {
  const verdicts = Array.from({ length: claims }, (_, at) => ({ claim: at + 1, verdict: 'confirmed', reason: 'So.' }));
  return answer({ verdicts: verdicts.map((verdict) => ({ ...verdict, quotes: [quote] })) });
}

/** Puts a line into the outbox: a followup, a note, or what makes no sense. */
export const send = (message: string | object): string => append('$BACKLOG_OUTBOX', text(message));

/** Waits until somebody makes a file. */
export const waitFor = (file: string): string => `until [ -e ${word(file)} ]; do sleep 0.05; done`;
export const pause = (seconds: number): string => `sleep ${seconds}`;

/** Never ends by itself. */
export const hang = 'exec sleep 1000';

/** Ends at once, with an exit code and words. */
export const fail = (code = 1, ...lines: readonly string[]): string =>
  script(...(lines.length === 0 ? [] : [say(...lines)]), `exit ${code}`);
export const blocked = (...why: readonly string[]): string => fail(77, ...why);
export const tryLater = (...why: readonly string[]): string => fail(75, ...why);

const when = (condition: string, steps: readonly string[]): string => `if ${condition}; then\n${script(...steps)}\nfi`;
const alternatives = (values: string | readonly string[]): string => [values].flat().map(word).join('|');
const among = (variable: string, values: string | readonly string[], steps: readonly string[]): string =>
  `case "$${variable}" in ${alternatives(values)})\n${script(...steps)}\n;; esac`;
const apartFrom = (variable: string, values: string | readonly string[], steps: readonly string[]): string =>
  `case "$${variable}" in ${alternatives(values)}) ;; *)\n${script(...steps)}\n;; esac`;

/** These steps are for some units, roles or attempts alone; the others are for all but some. */
export const onUnit = (unit: string | readonly string[], ...steps: readonly string[]): string =>
  among('BACKLOG_UNIT', unit, steps);
export const exceptOn = (unit: string | readonly string[], ...steps: readonly string[]): string =>
  apartFrom('BACKLOG_UNIT', unit, steps);
export const asRole = (role: string | readonly string[], ...steps: readonly string[]): string =>
  among('BACKLOG_ROLE', role, steps);
export const exceptAs = (role: string | readonly string[], ...steps: readonly string[]): string =>
  apartFrom('BACKLOG_ROLE', role, steps);
export const onAttempt = (attempt: number, ...steps: readonly string[]): string =>
  among('BACKLOG_ATTEMPT', String(attempt), steps);

/** `pattern` as `grep` knows it. */
export const whenBriefSays = (pattern: string, ...steps: readonly string[]): string =>
  when(`grep -q -e ${word(pattern)} "$BACKLOG_BRIEF"`, steps);
export const unlessBriefSays = (pattern: string, ...steps: readonly string[]): string =>
  when(`! grep -q -e ${word(pattern)} "$BACKLOG_BRIEF"`, steps);

export const whenThere = (file: string, ...steps: readonly string[]): string => when(`[ -e ${word(file)} ]`, steps);
export const unlessThere = (file: string, ...steps: readonly string[]): string => when(`! [ -e ${word(file)} ]`, steps);
