import { expect, test } from 'vitest';
import { isOnlyRead } from '../../../src/verify/files/descriptions.ts';

test.each<[file: string, command: string, is: boolean]>([
  ['specs/openapi.yaml', 'grep -q openapi specs/openapi.yaml', true],
  ['specs/openapi.yaml', '! grep -q swagger ./specs/openapi.yaml', true],
  ['spec/schema.graphql', 'test -f spec/schema.graphql && cat spec/schema.graphql | grep -q type', true],
  ['specs/openapi.yaml', 'npx --yes @redocly/cli lint specs/openapi.yaml', true],
  ['api/specs/events.json', 'jq -e .info api/specs/events.json', true],
  ['specs/protocol.md', 'test "$(wc -l < specs/protocol.md)" -gt 3 && grep -q x specs/protocol.md', true],
  // Run as tests, or compared with.
  ['specs/users.yaml', 'venom run specs/users.yaml', false],
  ['specs/users.yaml', 'npx tavern specs/users.yaml', false],
  ['specs/login.json', 'cat specs/login.json | node runner.mjs', false],
  ['specs/out.txt', 'node app.mjs | diff - specs/out.txt', false],
  ['specs/a.yaml', 'sh -c "cat specs/a.yaml"', false],
  ['specs/a.yaml', 'grep -q x specs/b.yaml', false],
  // Tests by more than the folder.
  ['specs/user.spec.ts', 'grep -q it specs/user.spec.ts', false],
  ['spec/models/user_spec.rb', 'grep -q it spec/models/user_spec.rb', false],
  ['specs/expected.json', 'jq . specs/expected.json', false],
  ['specs/fixtures/x.json', 'jq . specs/fixtures/x.json', false],
  ['specs/tests/x.yaml', 'cat specs/tests/x.yaml', false],
  ['tests/data.json', 'jq . tests/data.json', false],
  ['src/openapi.yaml', 'grep -q x src/openapi.yaml', false],
])('%s in %s: %j', (file, command, is) => expect(isOnlyRead(file, command)).toBe(is));

test('it is named from the folder in which the command starts', () =>
  expect([
    isOnlyRead('api/specs/a.yaml', 'grep -q x specs/a.yaml', 'api'),
    isOnlyRead('specs/a.yaml', 'grep -q x specs/a.yaml', 'api'),
  ]).toEqual([true, false]));
