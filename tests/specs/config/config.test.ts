import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/model/diagnostic.ts';
import { loadConfig } from '../../../src/specs/config/config.ts';
import { temporaryFolder } from '../../support/project.ts';

/** What is said about a configuration: `line:column message | hint` for each problem; the data where there is none. */
function said(text: string | Buffer): unknown {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'backlog.config.json'), text);
  try {
    return loadConfig([folder]).data;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const files = error.diagnostics.map(({ file }) => path.basename(file ?? ''));
    expect(new Set(files)).toEqual(new Set(['backlog.config.json'])); // each names the file
    return error.diagnostics
      .map(
        (d) =>
          `${d.line === undefined ? '' : `${d.line}:${d.column} `}${d.message}${d.hint === undefined ? '' : ` | ${d.hint}`}`,
      )
      .join('\n');
  }
}

describe('the form of a configuration', () => {
  const empty = 'this file is empty | Write {} in it for the defaults, or delete it.';
  const noComma = 'a colon or a comma is missing before this | Write "key": value, with a comma between two of them.';
  const noValue =
    'this is not a value | A value is a string in double quotes, a number, true, false, null, a list or an object.';
  const early = 'this file ends too early | A bracket, a brace or a quote is not closed.';
  const noKey = 'a key needs double quotes | Write it as "key".';
  test.each<[string, string, string]>([
    ['nothing at all', '', empty],
    ['blanks', ' \n\t\n', empty],
    ['only a comment', '// {}\n/* {} */', empty],
    ['only a byte order mark', '\uFEFF', empty],
    ['null', 'null', '1:1 the configuration must be an object, got null'],
    ['a list', '[]', '1:1 the configuration must be an object, got a list'],
    ['a number', '3', '1:1 the configuration must be an object, got 3'],
    ['a string', '"x"', '1:1 the configuration must be an object, got "x"'],
    ['an open brace', '{\n  "limits": {\n', `2:13 ${early}`],
    ['an open quote', '{"agent": "x}\n', `1:13 ${early}`],
    ['an open comment', '{} /* x', '1:4 a comment is not closed | End it with "*/".'],
    ['a brace too many', '{"history": true}}', '1:18 "}" closes nothing that is open here | Check the brackets.'],
    ['no comma after a string', '{"agent": "x" "into": "y"}', `1:15 ${noComma}`],
    [
      'no comma after a number',
      '{"a": 1 "b": 2}',
      '1:9 a comma is missing before this | Put one after the value before it.',
    ],
    ['no colon', '{"agent" "x"}', `1:10 ${noComma}`],
    ['two commas', '{"history": true,,}', '1:18 there is no value before this comma | Delete it.'],
    ['a key without quotes', '{agent: "x"}', `1:2 ${noKey}`],
    ['single quotes', "{'agent': 'x'}", '1:2 a string needs double quotes, not \' | Write it as "…".'],
    ['a word of YAML', '{"history": yes}', `1:13 ${noValue}`],
    ['YAML', 'agent: x\n', `1:1 ${noValue}`],
    [
      'a comment of YAML',
      '{\n  # x\n}',
      '2:3 "#" does not begin a comment here | Write comments as "// …" or "/* … */".',
    ],
    ['a key twice', '{"agent": "a",\n "agent": "b"}', '2:2 duplicate key "agent" | Delete one of them.'],
    [
      'a key twice further in',
      '{"roles": {"builder": {}, "builder": {}}}',
      '1:27 duplicate key "builder" | Delete one of them.',
    ],
    ['nesting without end', '['.repeat(200_000), 'its values are nested too deeply | Nest them less.'],
  ])('%s', (_name, text, expected) => expect(said(text)).toBe(expected));

  test('bytes that are no text in UTF-8', () => {
    expect(said(Buffer.from('{"agent": "x"}', 'utf16le'))).toBe(
      '1:2 this file is not text in UTF-8 | Save it as UTF-8.',
    );
    expect(said(Buffer.from([0x7b, 0xff, 0x7d]))).toBe('1:2 this file is not text in UTF-8 | Save it as UTF-8.');
  });

  test.each<[string, string, unknown]>([
    [
      'comments, and commas at the end',
      '\uFEFF{ // x\n\t"checks": { "a": "x // y /* z */ # ,}", }, /* , */ "ignore": ["a", ], }\r\n',
      { checks: { a: 'x // y /* z */ # ,}' }, ignore: ['a'] },
    ],
    ['escapes', '{"checks": {"a": "\\u00e9\\ud83d\\ude00\\"\\\\ \\/ // # ]"}}', { checks: { a: 'é😀"\\ / // # ]' } }],
    ['numbers', '{"limits": {"budgetUsd": 1.5e1, "stallUsd": 0.5}}', { limits: { budgetUsd: 15, stallUsd: 0.5 } }],
    ['nothing to say', '{}', {}],
  ])('%s: are read', (_name, text, expected) => expect(said(text)).toEqual(expected));
});

const hook =
  'a hook is a command ("./notify.sh"), { "command": …, "timeout": … }, { "webhook": "$NAME", "format": … } with the format "slack", "discord", "teams", "ntfy", "json", or a list of up to 10 of these';

describe('the values of a configuration', () => {
  const types = '"anthropic", "claude", "acp", "command" or "replay"';
  const duration = 'a duration is a number with a unit: "500ms", "90s", "10m", "2h"';
  test.each<[string, string]>([
    ['{"limits": {"maxAgents": "four"}}', '1:26 "limits.maxAgents" must be a whole number from 1 to 1000, got "four"'],
    [
      '{"limits": {"maxAgents": "4"}}',
      '1:26 "limits.maxAgents" must be a whole number from 1 to 1000, got "4" | Write it without quotes: 4.',
    ],
    ['{"limits": {"maxAgents": 1.5}}', '1:26 "limits.maxAgents" must be a whole number from 1 to 1000, got 1.5'],
    ['{"limits": {"maxAgents": 0}}', '1:26 "limits.maxAgents" must be a whole number from 1 to 1000, got 0'],
    ['{"limits": {"maxAgents": 5000}}', '1:26 "limits.maxAgents" must be a whole number from 1 to 1000, got 5000'],
    ['{"limits": {"maxAgents": null}}', '1:26 "limits.maxAgents" must be a whole number from 1 to 1000, got null'],
    ['{"limits": {"budgetUsd": 0}}', '1:26 "limits.budgetUsd" must be a number above 0, got 0'],
    ['{"limits": []}', '1:12 "limits" must be an object, got a list'],
    ['{"limits": {"checkTimeout": 10}}', `1:29 "limits.checkTimeout": ${duration}`],
    ['{"limits": {"checkTimeout": "soon"}}', `1:29 "limits.checkTimeout": ${duration}`],
    ['{"history": "yes"}', '1:13 "history" must be true or false, got "yes"'],
    ['{"history": "true"}', '1:13 "history" must be true or false, got "true" | Write it without quotes: true.'],
    ['{"ignore": "x"}', '1:12 "ignore" must be a list of strings, got "x"'],
    ['{"ignore": ["../x"]}', '1:13 "ignore.0": "../x" is not a valid pattern: it must not leave the repository'],
    ['{"phases": [1]}', '1:13 "phases.0" must be a string, got 1'],
    ['{"target": ""}', '1:12 "target" must be a string that is not empty, got ""'],
    [
      '{"sandbox": {"tier": "strickt"}}',
      '1:22 "sandbox.tier" must be "auto", "strict", "basic" or "none", got "strickt" | Did you mean "strict"?',
    ],
    [
      '{"sandbox": {"network": "hosts"}}',
      '1:25 "sandbox.network" must be "none", "host" or a list of strings with at least one entry, got "hosts" | Did you mean "host"?',
    ],
    [
      '{"sandbox": {"network": ["x y"]}}',
      '1:26 "sandbox.network.0": a host must have the form "example.org", "*.example.org" or "example.org:8443"',
    ],
    ['{"setup": 3}', '1:11 "setup" must be a string that is not empty or an object, got 3'],
    ['{"setup": {"command": ""}}', '1:23 "setup.command" must be a string that is not empty, got ""'],
    ['{"recipes": {"a": {"reviewers": 4}}}', '1:33 "recipes.a.reviewers" must be 1, 2 or 3, got 4'],
    [
      '{"agents": {"a": {"type": "clade"}}}',
      `1:27 "agents.a.type" must be ${types}, got "clade" | Did you mean "claude"?`,
    ],
    ['{"agents": {"a": {}}}', `1:18 "agents.a.type" is missing; it must be ${types}`],
    ['{"agents": {"a": "claude"}}', '1:18 "agents.a" must be an object, got "claude"'],
    [
      '{"agents": {"a": {"type": "command"}}}',
      '1:18 "agents.a.command" is missing; it must be a string that is not empty',
    ],
    [
      '{"agents": {"a": {"type": "acp", "command": "x"}}}',
      '1:45 "agents.a.command" must be a list of strings with at least one entry, got "x"',
    ],
    [
      '{"agents": {"a": {"type": "anthropic", "baseUrl": "x"}}}',
      '1:51 "agents.a.baseUrl" must be an address, such as "https://example.org", got "x"',
    ],
    [
      '{"agents": {"a": {"type": "claude", "modle": "x"}}}',
      '1:37 unknown key "agents.a.modle" | Did you mean "model"?',
    ],
    [
      '{"agents": {"A": {"type": "claude"}}}',
      '1:13 the name "A" in "agents" cannot be used: a name consists of lower-case letters, digits and dashes',
    ],
    ['{"agents": []}', '1:12 "agents" must be an object, got a list'],
    ['{"roles": {"bilder": {}}}', '1:12 unknown key "roles.bilder" | Did you mean "builder"?'],
    [
      '{"limits": {"roleBudgetsUsd": {"bulder": 3}}}',
      '1:32 unknown key "limits.roleBudgetsUsd.bulder" | Did you mean "builder"?',
    ],
    ['{"on": {"unit.faild": "./x.sh"}}', '1:9 unknown key "on.unit.faild" | Did you mean "unit.failed"?'],
    [
      '{"on": {"unit.done": "./x.sh"}}',
      '1:9 unknown key "on.unit.done" | There are: run.started, run.ended, unit.landed, unit.failed, unit.waits, gate.failed, limit.reached.',
    ],
    ['{"on": {"run.ended": {"webhok": "$W", "format": "slack"}}}', `1:22 "on.run.ended": ${hook}`],
    ['{"on": {"run.ended": {"webhook": "$W", "format": "slak"}}}', `1:22 "on.run.ended": ${hook}`],
    [
      '{"on": {"run.ended": {"command": "x", "timeout": "11m"}}}',
      '1:50 "on.run.ended.timeout": a hook may take 10 minutes at most',
    ],
    [
      '{"on": {"run.ended": []}}',
      '1:22 "on.run.ended" must be a string that is not empty, an object or a list with at least one entry, got a list',
    ],
    ['{"on": "./x.sh"}', '1:8 "on" must be an object, got "./x.sh"'],
    [
      '{"on": {"run.ended": {"webhook": "https://hooks.slack.com/services/T/B/x", "format": "slack"}}}',
      '1:9 "on.run.ended": the address of a slack webhook is a secret, so it cannot be written in this file | Put the address into an environment variable, and name it here: "$SLACK_WEBHOOK". If this file was committed with a secret, replace the secret.',
    ],
    ['{"maxAgents": 3}', '1:2 unknown key "maxAgents" | Did you mean "limits.maxAgents"?'],
    ['{"__proto__": {}}', '1:2 unknown key "__proto__"'],
    ['{"gates": {"x": {}}}', '1:12 there is a gate for phase "x", but no such phase | Name the phase under "phases".'],
    ['{"recipe": "biuld"}', '1:12 there is no recipe "biuld" | Did you mean "build"?'],
  ])('%s', (text, expected) => {
    expect(said(text)).toBe(expected);
    // No word of the library's.
    expect(said(text)).not.toMatch(/invalid (?:input|type|option|key)|expected|received|discriminator|regex/i);
  });
});
