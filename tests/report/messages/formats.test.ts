import { expect, test } from 'vitest';
import type { Message } from '../../../src/model/hook-event.ts';
import { type HookEvent, webhookFormats } from '../../../src/model/hooks.ts';
import { bodyOf } from '../../../src/report/messages/formats.ts';
import { messageOf } from '../../../src/report/messages/message.ts';
import { foreignTexts } from '../../support/foreign-text.ts';
import { madeReport } from '../../support/made-report.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** All objects in a value. */
function objectsIn(value: Json): Readonly<Record<string, Json>>[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap((one: Json) => objectsIn(one));
  return Array.isArray(value) ? inner : [value as Readonly<Record<string, Json>>, ...inner];
}

/** A text; '' for anything else. */
const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** Texts that mean something to one of the services, or to who relays for it. */
const payloads = [
  ...[
    '<!channel>',
    '<!here|here>',
    '<!everyone>',
    '<@U024BE7LH>',
    '<#C024BE7LR>',
    '<!subteam^S1>',
    '<!date^1^{date}|x>',
  ],
  ...['<https://evil.example|Approve>', '<mailto:a@evil.example|x>', '&lt;!channel&gt;', '&amp;lt;!here&amp;gt;'],
  ...[
    '@everyone',
    '@here',
    '@channel',
    '<@80351110224678912>',
    '<@&165511591545143296>',
    '</run:1>',
    '<t:1618953630:R>',
  ],
  ...[
    '[Approve](https://evil.example)',
    '![x](https://evil.example/i.png)',
    '<https://evil.example>',
    '# H',
    '-# s',
    '> q',
  ],
  ...[
    '**b** __u__ ~~s~~ ||spoiler|| *i* _i_ ~s~',
    '`x` ``y``',
    '```sh\nrm -rf /\n```',
    '\\',
    '\\\\',
    '\\[x](https://e.example)',
  ],
  ...[
    'https://evil.example/a?b=c',
    'HTTP://EVIL.EXAMPLE',
    'www.evil.example',
    'javascript:alert(1)',
    'tel:112',
    'ftp://x',
  ],
  ...[
    '{{DATE(2026-01-01T00:00:00Z)}}',
    "@{triggerBody()?['x']}",
    '${project}',
    ':rotating_light:',
    '<at>everyone</at>',
  ],
  ...[
    'line\nbreak\r\nand\u2028more',
    '\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007',
    'a\u202eb\u0000c',
    '🙂'.repeat(4000),
  ],
  ...['x'.repeat(20_000), '\n::error::x', '"}],"text":"<!channel>', '</script><script>'],
];

const item = (text: string): Message['items'][number] => ({
  ...{ sign: 'approval', units: [text, text], what: text, details: [text], decide: [text], holdsBack: text },
  command: 'backlog review it',
});
const message = (text: string, count = 1): Message => ({
  ...{ schemaVersion: 1, kind: 'message', project: text, events: ['run.ended'], title: text },
  about: Array.from({ length: 8 }, () => text.slice(0, 300)),
  run: {
    ...{ id: 'r', branch: text, startedAt: new Date(0).toISOString(), endedAt: new Date(0).toISOString() },
    ...{ outcome: 'done', exitCode: 0, durationMs: 1, costUsd: null },
  },
  items: Array.from({ length: count }, () => item(text)),
  left: 0,
});

/** What is wrong with a body, by the rules of each service. */
const wrongIn: Readonly<Record<(typeof webhookFormats)[number], (body: string) => readonly string[]>> = {
  slack(body) {
    const it = JSON.parse(body) as { readonly text: string; readonly blocks: readonly Json[] } & Record<string, Json>;
    const texts = objectsIn(it).filter(({ type }) => type === 'plain_text' || type === 'mrkdwn');
    const entity = /&(?!(?:amp|lt|gt);)/;
    return [
      ...texts.flatMap(({ type, text, verbatim, emoji }) => {
        const said = textOf(text);
        const isCode = /^`[^`]*`$/.test(said) && !said.includes('\n');
        const isPlain = type === 'plain_text' ? emoji === false : verbatim === true && isCode;
        return isPlain && said.length <= 3000 && said !== '' && !/[<>]/.test(said) && !entity.test(said) ? [] : [said];
      }),
      ...(/[<>]/.test(it.text) || entity.test(it.text) ? [it.text] : []),
      ...(it.blocks.length > 50 ? ['blocks'] : []),
      ...([it['link_names'], it['mrkdwn'], it['unfurl_links']].some((one) => one !== false) ? ['links'] : []),
      ...objectsIn(it).flatMap(({ type }) =>
        ['plain_text', 'mrkdwn', 'section', 'header', undefined].includes(type as string) ? [] : [textOf(type)],
      ),
    ];
  },
  discord(body) {
    const it = JSON.parse(body) as {
      readonly content?: string;
      readonly allowed_mentions: Json;
      readonly embeds: readonly { readonly title: string; readonly description: string }[];
    };
    const [embed] = it.embeds;
    const [title, text] = [embed?.title ?? '', embed?.description ?? ''];
    return [
      ...(it.content === undefined && JSON.stringify(it.allowed_mentions) === '{"parse":[]}' ? [] : ['mentions']),
      ...[title, text].flatMap((shown) => {
        // Without what is escaped, and without code, no sign is left.
        const rest = shown.replace(/\\[!-/:-@[-`{-~]/g, '').replace(/`[^`\n]*`/g, '');
        return /[!-/:-@[-`{-~]/.test(rest) ? [rest] : [];
      }),
      ...(title.length > 256 || text.length > 4096 ? ['too long'] : []),
      ...(Object.keys(embed ?? {}).join() === 'title,description,color' ? [] : ['keys']),
    ];
  },
  teams(body) {
    const all = objectsIn(JSON.parse(body) as Json);
    const types = ['message', 'AdaptiveCard', 'RichTextBlock', 'TextRun', undefined];
    const keys = ['url', 'selectAction', 'actions', 'entities', 'mentioned'];
    return [
      ...all.flatMap(({ type }) => (types.includes(type as string) ? [] : [textOf(type)])),
      ...all.flatMap((one) => keys.filter((key) => key in one)),
      ...(body.length * 2 > 28_000 ? ['too long'] : []),
    ];
  },
  ntfy(body) {
    const it = JSON.parse(body) as Record<string, Json>;
    return [
      ...(Object.keys(it).join() === 'topic,title,message,markdown,tags' ? [] : ['keys']),
      ...(it['topic'] === 'mine' && it['markdown'] === false ? [] : ['topic']),
      ...(Buffer.byteLength(textOf(it['message'])) > 4096 || textOf(it['title']).length > 250 ? ['too long'] : []),
    ];
  },
  json: () => [],
};

/** What every chat may make something of, whatever it stands in. */
function liveIn(body: string): readonly string[] {
  const texts = JSON.stringify(JSON.parse(body)).replace(
    /http:\/\/adaptivecards[^"]*|"1\.4"|application\/vnd[^"]*/g,
    '',
  );
  return [
    ...texts.matchAll(/:\/\/|@[\w{]|javascript:|tel:|mailto:|\{\{|\u001b|\u202e|\\u0000|[\p{L}\p{N}]\.[\p{L}\p{N}]/giu),
  ].map(([found]) => found);
}

test.each(webhookFormats)('%s: no text of a spec or an agent is markup, a link or a mention', (format) => {
  const texts = [...payloads, ...foreignTexts(600)];
  const wrong = texts.flatMap((text) => {
    const body = bodyOf(format, message(text), 'mine');
    const found = [...wrongIn[format](body), ...(format === 'json' ? [] : liveIn(body))];
    return found.length === 0 ? [] : [{ text: text.slice(0, 100), found: found.slice(0, 3) }];
  });
  expect(wrong).toEqual([]);
});

test.each(webhookFormats)(
  '%s: a message stays within the limits of the service, and counts what is left out',
  (format) => {
    for (const text of ['ordinary words', '漢'.repeat(300), '<&>'.repeat(150), '_'.repeat(400), '🙂'.repeat(200)]) {
      const body = bodyOf(format, message(text, 200), 'mine');
      expect([text.slice(0, 3), wrongIn[format](body)]).toEqual([text.slice(0, 3), []]);
      if (format !== 'json') expect(body.replaceAll('\\\\', '')).toMatch(/and \d+ more/);
    }
  },
);

test.each(['@everyone', '<!channel>', 'a`b', 'a & b', 'evil.example', '{{DATE(x)}}', '[x](y)', '**', String.raw`\x`])(
  'a command is shown as it is typed, with %s in the name of a folder',
  (name) => {
    const command = `backlog review it -s '${name}'`;
    const one = message('text');
    const of = (format: (typeof webhookFormats)[number]): string =>
      bodyOf(format, { ...one, items: one.items.map((it) => ({ ...it, command })) }, 'mine');
    const asCode = command.replaceAll('`', "'");
    const entities = asCode.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    expect(of('slack')).toContain(JSON.stringify(`\`${entities}\``));
    expect(of('discord')).toContain(JSON.stringify(`\`${asCode}\``).slice(1, -1));
    expect(of('teams')).toContain(JSON.stringify(command));
    expect(of('ntfy')).toContain(JSON.stringify(`> ${command}`).slice(1, -1));
    expect(wrongIn.slack(of('slack'))).toEqual([]);
    expect(wrongIn.discord(of('discord'))).toEqual([]);
  },
);

test('plain JSON keeps each text as it is, and no character that a terminal obeys', () => {
  for (const text of payloads) {
    const body = bodyOf('json', message(text));
    expect(JSON.parse(body)).toEqual(message(text));
    expect(body).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e\u2028]/); // oxlint-disable-line no-control-regex
  }
});

const report = madeReport({ units: 24, agents: 4 });
const idsOf = (...states: readonly string[]): ReadonlySet<string> =>
  new Set(report.units.filter(({ state }) => states.includes(state)).map(({ id }) => id));
const said = { command: (...words: readonly string[]) => ['backlog', ...words].join(' '), merge: 'backlog merge' };
const happened = new Map<HookEvent, ReadonlySet<string>>([
  ['unit.failed', idsOf('failed')],
  ['unit.waits', idsOf('awaiting', 'blocked')],
  ['unit.landed', idsOf('done')],
]);
const telling = { project: 'shop', said, happened };

test('a message has what it is registered for, and what waits for a person with all that decides it', () => {
  const of = (...events: readonly HookEvent[]) => messageOf(report, events, telling);
  expect(of('gate.failed')).toBe(null);
  expect(of('limit.reached', 'gate.failed')).toBe(null);
  expect(new Set(of('unit.failed')?.items.map(({ sign }) => sign))).toEqual(new Set(['failed']));
  expect(of('unit.landed', 'gate.failed')).toMatchObject({ events: ['unit.landed'], items: [{ sign: 'done' }] });
  const waits = of('unit.waits');
  expect(new Set(waits?.items.map(({ sign }) => sign))).toEqual(new Set(['question', 'approval']));
  expect(waits?.items.find(({ sign }) => sign === 'approval')).toMatchSnapshot();
  expect(
    of('run.ended')
      ?.items.map(({ sign }) => sign)
      .slice(0, 2),
  ).toEqual(['question', 'approval']);
});

test('what became good again by the end of the run is no news', () => {
  const earlier = new Map<HookEvent, ReadonlySet<string>>([
    ['unit.failed', idsOf('done')],
    ['unit.waits', idsOf('done', 'failed')],
  ]);
  expect(messageOf(report, ['unit.failed', 'unit.waits'], { ...telling, happened: earlier })).toBe(null);
});

test.each(webhookFormats)('%s as a service gets it', (format) => {
  const made = messageOf(report, ['unit.waits', 'unit.failed'], telling);
  if (made === null) throw new Error('no message');
  expect(JSON.parse(bodyOf(format, { ...made, items: made.items.slice(0, 3) }, 'mine'))).toMatchSnapshot();
});
