import { expect, test } from 'vitest';
import { unstarted } from '../../../src/agents/programs/unstarted.ts';

const node = "node:internal/modules/cjs/loader:1143\n  throw err;\n  ^\n\nError: Cannot find module '/ws/";

const npm404 =
  "npm error code E404\nnpm error 404 Not Found - GET https://registry.npmjs.org/some-agent - Not found\nnpm error 404\nnpm error 404  The requested resource 'some-agent@1' could not be found\n";
const npmScoped = npm404.replaceAll('some-agent', '@some%2fagent');
const npmLost =
  'npm error code EAI_AGAIN\nnpm error syscall getaddrinfo\nnpm error request to https://registry.npmjs.org/some-agent failed, reason: getaddrinfo EAI_AGAIN registry.npmjs.org\n';
const uvNone =
  '  × No solution found when resolving tool dependencies:\n  ╰─▶ Because some-agent was not found in the package registry and you require\n      some-agent, we can conclude that your requirements are unsatisfiable.\n';
const pnpm404 = ' ERR_PNPM_FETCH_404  GET https://registry.npmjs.org/some-agent: Not Found - 404\n';
const unfetched = 'the package some-agent cannot be fetched';

test.each<[string, string, number, string, string | null]>([
  ['npx', 'npx some-agent --acp', 1, npm404, unfetched],
  ['npx, with a version', 'cd app && npx --yes some-agent@1.2', 1, npm404, unfetched],
  ['npx, of a scope', 'npx @some/agent@latest', 1, npmScoped, 'the package @some/agent cannot be fetched'],
  ['npx, without a network', 'npx some-agent', 1, npmLost, unfetched],
  ['npx of npm 9', 'npx some-agent', 1, npm404.replaceAll('npm error', 'npm ERR!'), unfetched],
  ['npm exec', 'npm exec --package=some-agent -- agent', 1, npm404, unfetched],
  ['pnpm dlx', 'pnpm dlx some-agent', 1, pnpm404, unfetched],
  ['bunx', 'bunx some-agent', 1, 'error: GET https://registry.npmjs.org/some-agent - 404\n', unfetched],
  ['uvx', 'uvx some-agent==2', 1, uvNone, unfetched],
  [
    'uvx, without a network',
    'uvx some-agent[all]',
    2,
    'error: Failed to fetch: `https://pypi.org/simple/some-agent/`\n',
    unfetched,
  ],
  ['what an agent installs itself', 'npx other-agent', 1, npm404, null],
  ['an address that an agent tells', 'npx some-agent', 1, 'error: see https://example.org/some-agent\n', null],
  ['dash', 'foo --fast', 127, 'sh: 1: foo: not found\n', 'foo is missing'],
  ['bash', 'cd src && foo', 127, '/bin/sh: line 1: foo: command not found\n', 'foo is missing'],
  [
    'a script of the repository',
    './agent.sh',
    127,
    'sh: 1: ./agent.sh: not found\n',
    './agent.sh or the interpreter in its first line is missing',
  ],
  ['one that cannot be executed', './a.sh', 126, 'sh: 1: ./a.sh: Permission denied\n', './a.sh cannot be executed'],
  ['a script for node', 'node agent.mjs', 1, `${node}agent.mjs'\n    at x\nNode.js v22.1.0\n`, 'agent.mjs is missing'],
  [
    'a script for python',
    'python3 tools/agent.py',
    2,
    "python3: can't open file '/ws/tools/agent.py': [Errno 2] No such file or directory\n",
    'tools/agent.py is missing',
  ],
  ['a script for bash', 'bash agent.sh', 127, 'bash: agent.sh: No such file or directory\n', 'agent.sh is missing'],
  ['a script for dash', 'sh agent.sh', 2, 'sh: 0: cannot open agent.sh: No such file\n', 'agent.sh is missing'],
  [
    'a module for python',
    'python3 -m agent --fast',
    1,
    '/usr/bin/python3: No module named agent\n',
    'agent is missing',
  ],
  [
    'a package for node',
    'node --import agent x.mjs',
    1,
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'agent' imported from /ws/\n",
    'agent is missing',
  ],
  ['an option of node', 'node --fast', 9, '/usr/bin/node: bad option: --fast\n', '--fast is missing'],
  // Honest look-alikes: the agent ran, and what it started was not there.
  ['what a script starts', './agent.sh', 127, './agent.sh: 3: foo: not found\n', null],
  ['what npm starts', 'npm run agent', 127, '> agent\n> tool\n\nsh: 1: tool: not found\n', null],
  ['a module that it imports', 'node agent.mjs', 1, `${node}lib.mjs'\n    at x\n`, null],
  ['a module of python that it imports', 'python3 -m agent', 1, "ModuleNotFoundError: No module named 'yaml'\n", null],
  ['a file that it reads', 'bash agent.sh', 1, 'cat: notes.txt: No such file or directory\n', null],
  ['no words', 'foo', 127, '', null],
  ['an end that is well', 'foo', 0, 'sh: 1: foo: not found\n', null],
])('what an agent’s own command could not start: %s', (_name, command, exitCode, output, expected) => {
  const end = { exitCode, output, signal: null, timedOut: false, durationMs: 1 };
  const detail = unstarted('mine', [command], end)?.detail ?? null;
  const told = `The agent "mine" cannot start: ${expected ?? ''} in its sandbox (exit ${exitCode})`;
  expect(detail).toBe(expected === null ? null : told);
});
