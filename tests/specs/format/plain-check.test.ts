import { expect, test } from 'vitest';
import { plainChecks } from '../../../src/specs/format/plain-check.ts';

test.each([
  ['`cargo build --release` exits 0', ['cargo build --release']],
  ['`cargo build` exits with code 0', ['cargo build']],
  ['`npm test` exits with status 0.', ['npm test']],
  ['`npm test` returns exit code 0', ['npm test']],
  ['`npm test` passes', ['npm test']],
  ['`npm run lint` and `npm test` pass', ['npm run lint', 'npm test']],
  ['`npm run lint`, `npm test` must both pass', ['npm run lint', 'npm test']],
  ['`pytest -q` is green', ['pytest -q']],
  ['**`tsc --noEmit` succeeds**', ['tsc --noEmit']],
  ['Run `make check` — passes', []],
  ['Build: `go build ./...` succeeds', ['go build ./...']],
  ['#3 `go test ./...` passes with no failures', ['go test ./...']],
  ['`./scripts/verify.sh` exits 0', ['./scripts/verify.sh']],
  ['`CI=1 npm test` passes', ['CI=1 npm test']],
  ['`ruff check .` runs without errors', ['ruff check .']],
  ['All tests pass (`npm test`)', ['npm test']],
  ['All tests pass with `pytest -q`', ['pytest -q']],
  ['Type check passes: `tsc --noEmit`', ['tsc --noEmit']],
  ['The build succeeds (`cargo build`).', ['cargo build']],
  ['bun run typecheck passes', ['bun run typecheck']],
  ['go test ./... passes', ['go test ./...']],
  ['cargo clippy succeeds', ['cargo clippy']],
])('%s', (text, commands) => {
  expect(plainChecks(text)).toEqual(commands);
});

test.each([
  'WHEN the user runs `npm test` THEN it passes',
  'When `backlog run` exits 0, the report is written',
  '`npm test` exits 1',
  '`npm test` fails',
  '`npm test` must not pass before the work',
  '`npm test` passes and the report says "3 tests"',
  '`npm test` passes in under 3 minutes',
  '`git push` is documented',
  'The `build` job passes',
  '`UserService` passes the token on',
  '`parse()` returns 0',
  '`exit` returns 0',
  '`npm install <name>` succeeds',
  '`rm -rf build` succeeds',
  '`curl https://example.org` exits 0',
  'go through the review passes',
  'make it green',
  'The user can run `npm start`',
  'All tests pass',
  '',
])('%s is no check', (text) => {
  expect(plainChecks(text)).toEqual([]);
});

test('a text of any form is read in a moment', () => {
  for (const text of [
    '`a` '.repeat(120),
    'tests '.repeat(80),
    'all '.repeat(120),
    '`npm test` with no errors '.repeat(19),
  ])
    expect(plainChecks(text)).toEqual([]);
});
