import type { Message } from '../../model/hook-event.ts';
import type { WebhookFormat } from '../../model/hooks.ts';
import { printableJson } from '../../util/text/printable.ts';
import { cutTo, cutToBytes, inert, typed } from './foreign.ts';
import { fitting, type Part } from './parts.ts';

/*
 * A message as each service takes it. Foreign text stands where a service reads no markup, or is escaped as the service says;
 * nobody is mentioned. Each format stays below the limits of its service.
 */

/** Makes the body of a request: JSON. `topic` is the last part of the address. */
type Format = (message: Message, topic: string) => object;

/**
 * https://docs.slack.dev/reference/block-kit: at most 50 blocks, 3,000 characters in a text, 150 in a header. Foreign text is
 * `plain_text`; `&`, `<` and `>` are escaped in each text.
 */
const slack: Format = (message) => {
  const entities = (text: string): string =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const escaped = (text: string): string => entities(inert(text));
  const plain = (text: string, length = 2900): object => ({
    ...{ type: 'plain_text', emoji: false },
    text: cutEntities(text, length).trim() || '–', // an empty text is refused
  });
  const section = (lines: readonly string[]): object => ({
    type: 'section',
    text: plain(lines.map(escaped).join('\n')),
  });
  const command = (text: string): object => ({
    type: 'section',
    text: { type: 'mrkdwn', verbatim: true, text: `\`${entities(typed(text)).replaceAll('`', "'")}\`` },
  });
  const blocksOf = (part: Part): object[] => [
    section(part.lines),
    ...(part.command === null ? [] : [command(part.command)]),
  ];
  const limit = { size: 12_000, count: 22, sizeOf: (blocks: object[]) => JSON.stringify(blocks).length };
  const { shown, rest } = fitting(message, blocksOf, limit);
  const title = escaped(message.title);
  return {
    text: cutEntities(title, 150),
    ...{ mrkdwn: false, link_names: false, parse: 'none', unfurl_links: false, unfurl_media: false },
    blocks: [
      { type: 'header', text: plain(title, 140) },
      section(message.about),
      ...shown.flat(),
      ...(rest === null ? [] : [section([rest])]),
    ],
  };
};

/** A cut that leaves no half of an entity. */
function cutEntities(text: string, length: number): string {
  return text.length <= length
    ? text
    : `${cutTo(text, length)
        .replace(/&[a-z]{0,4}…?$/, '')
        .replace(/…$/, '')}…`;
}

/**
 * https://docs.discord.com/developers/resources/message: 256 characters in a title, 4,096 in a description, 6,000 in all. Each
 * sign of ASCII has a backslash before it, which is how Discord's Markdown takes it as text. `allowed_mentions` forbids all.
 */
const discord: Format = (message) => {
  const escaped = (text: string): string => inert(text).replace(/[!-/:-@[-`{-~]/g, String.raw`\$&`);
  const textOf = ({ lines, command }: Part): string =>
    [...lines.map(escaped), ...(command === null ? [] : [codeSpan(command)])].join('\n');
  const about = message.about.map(escaped).join('\n');
  const limit = { size: 3800 - about.length, count: 25, sizeOf: (text: string) => text.length + 2 };
  const { shown, rest } = fitting(message, textOf, limit);
  return {
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: cutEscaped(escaped(message.title), 250),
        description: [cutEscaped(about, 3000), ...shown, ...(rest === null ? [] : [escaped(rest)])].join('\n\n'),
        color: message.run.exitCode === 0 ? 0x2e_7d_32 : 0xc6_28_28,
      },
    ],
  };
};

/** A cut that leaves no backslash that would escape what follows. */
function cutEscaped(text: string, length: number): string {
  return text.length <= length ? text : `${cutTo(text, length).slice(0, -1).replace(/\\$/, '')}…`;
}

/** A command as code. It has no backtick of its own: none of ours has, but a unit's name may. */
function codeSpan(command: string): string {
  return `\`${typed(command).replaceAll('`', "'")}\``;
}

/**
 * https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors: an Adaptive Card of at most 28 KB. Its text runs
 * know no Markdown, and mention only who is in the `entities`, which there are none.
 */
const teams: Format = (message) => {
  const block = (lines: readonly string[], more: object = {}): object => ({
    type: 'RichTextBlock',
    inlines: lines.flatMap((line, index) => [
      { type: 'TextRun', text: `${index === 0 ? '' : '\n'}${inert(line)}`, ...more },
    ]),
  });
  const blocksOf = ({ lines, command }: Part): object[] => [
    { ...block(lines), separator: true },
    ...(command === null
      ? []
      : [{ type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: typed(command), fontType: 'Monospace' }] }]),
  ];
  // The limit counts two bytes for a character.
  const limit = { size: 9000, count: 30, sizeOf: (blocks: object[]) => JSON.stringify(blocks).length };
  const { shown, rest } = fitting(message, blocksOf, limit);
  const body = [
    block([message.title], { weight: 'Bolder', size: 'Medium' }),
    block(message.about, { isSubtle: true }),
    ...shown.flat(),
    ...(rest === null ? [] : [block([rest])]),
  ];
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    ...{ type: 'AdaptiveCard', version: '1.4', msteams: { width: 'Full' }, body },
  };
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  };
};

/** https://docs.ntfy.sh/publish/#publish-as-json: 4,096 bytes of plain text; more becomes an attachment. */
const ntfy: Format = (message, topic) => {
  const textOf = ({ lines, command }: Part): string =>
    [...lines.map((line) => inert(line)), ...(command === null ? [] : [`> ${typed(command)}`])].join('\n');
  const about = cutToBytes(message.about.map((line) => inert(line)).join('\n'), 1500);
  const bytes = (text: string): number => Buffer.byteLength(text) + 2;
  const { shown, rest } = fitting(message, textOf, { size: 3700 - bytes(about), count: 30, sizeOf: bytes });
  return {
    topic,
    title: cutTo(inert(message.title), 200),
    message: [about, ...shown, ...(rest === null ? [] : [rest])].join('\n\n'),
    ...{ markdown: false, tags: [message.run.exitCode === 0 ? 'white_check_mark' : 'warning'] },
  };
};

/** The message itself (`backlog schema message`), with as many items as fit into about 200,000 characters. */
const json: Format = (message) => {
  let size = 0;
  const items = message.items.filter((item) => (size += JSON.stringify(item).length) < 200_000);
  return { ...message, items, left: message.left + message.items.length - items.length };
};

const formats: Readonly<Record<WebhookFormat, Format>> = { slack, discord, teams, ntfy, json };

/** The body of the request that delivers a message. */
export function bodyOf(format: WebhookFormat, message: Message, topic = ''): string {
  return printableJson(formats[format](message, topic), 0);
}
