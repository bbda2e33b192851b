import { printableLine } from '../../util/text/printable.ts';

/** Joins the characters around it, and is not shown. */
const joiner = '\u2060';

/**
 * A text of a spec, an agent or a program on one line, as a chat shows it: neither its addresses nor its names with dots are
 * links, whatever the chat makes of them, it mentions nobody, and no template of the chat is filled in.
 */
export function inert(text: string, width = 500): string {
  return printableLine(text, width)
    .replace(/:\/\//g, '[:]//')
    .replace(/(mailto|xmpp|javascript|\b(?:tel|sms)):/gi, '$1[:]')
    .replace(/(?<=[\p{L}\p{N}])\.(?=[\p{L}\p{N}])/gu, `.${joiner}`)
    .replaceAll('@', `@${joiner}`)
    .replace(/\{(?=\{)/g, `{${joiner}`);
}

/** A command of ours, which is copied from where it is shown as code: nothing is put into it. */
export function typed(command: string): string {
  return printableLine(command, 500);
}

/** A text cut to so many characters, with no half of one. */
export function cutTo(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** A text cut to so many bytes, with no half of a character. */
export function cutToBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const cut = Buffer.from(text)
    .subarray(0, bytes - 3)
    .toString('utf8');
  return `${cut.replace(/\uFFFD+$/, '')}…`;
}
