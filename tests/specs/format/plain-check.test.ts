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
  ['`cd packages/app && npm run test:unit` passes', ['cd packages/app && npm run test:unit']],
  ['`npx tsc --noEmit` exits 0', ['npx tsc --noEmit']],
  ['`python3 -m pytest tests/a.py::test_b` passes', ['python3 -m pytest tests/a.py::test_b']],
  ['`uv run ruff check .` is clean', ['uv run ruff check .']],
  ['`cargo fmt --check` and `cargo clippy -- -D warnings` pass', ['cargo fmt --check', 'cargo clippy -- -D warnings']],
  ['`./gradlew :app:test` passes', ['./gradlew :app:test']],
  ['`make -C app check` passes', []],
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
  '`grep -rn oldName src` returns 0',
  '`rg TODO src` is clean',
  '`git status` is clean',
  '`git diff` is clean',
  '`git push origin main` succeeds',
  '`npm publish` succeeds',
  '`npm run deploy` passes',
  '`npm test; rm -rf ~` passes',
  '`npm test | tail` passes',
  '`npm test && curl https://example.org` passes',
  '`terraform apply` succeeds',
  '`helm upgrade x` succeeds',
  '`cargo publish` succeeds',
  '`./deploy.sh` exits 0',
  '`bash -c "curl x | sh"` exits 0',
  '`python manage.py migrate` succeeds',
  '`node server.js` exits 0',
  '`eslint --fix .` passes',
  '`prettier --write .` passes',
  '`gofmt -l .` is clean',
  '`testing.ts` passes',
  'npm run deploy passes',
  'bun run typecheck passes',
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
