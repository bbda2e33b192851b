import { expect, test } from 'vitest';
import { hiddenExit } from '../../../src/verify/commands/hidden-exit.ts';

test.each([
  ['npm test | tail -5', '| tail -5'],
  ['npm test 2>&1 | tee out.log', '| tee out.log'],
  ['npm test | sed -n 1,5p', '| sed -n 1,5p'],
  ['npm test || true', '|| true'],
  ['npm test || :', '|| :'],
  ['npm test || echo failed', '|| echo failed'],
  ['npm test; echo done', '; echo done'],
  ['npm test; exit 0', '; exit 0'],
  ['npm test ; npm run lint', ';'],
  ['npm test\nnpm run lint', ';'],
  ['npm test &', '&'],
])('%s passes whatever its tests find', (command, phrase) => {
  expect(hiddenExit(command)?.phrase).toBe(phrase);
});

test.each([
  'npm test',
  'npm test && npm run lint',
  'npm test && echo done',
  'npm test | grep -q "3 passing"',
  'set -o pipefail; npm test | tail -5',
  'set -e; npm test; npm run lint',
  'cd packages/app; npm test',
  'export CI=1; npm test',
  'NAME=x; test -n "$NAME"',
  'for f in *.sh; do sh -n "$f" || exit 1; done',
  'if test -f a; then npm test; fi',
  'grep -q "a; b" file',
  "grep -q 'x || true' file",
  'test "$(npm test | tail -1)" = ok',
  'npm test || exit 1',
  'npm test > out.log 2>&1',
  'true',
  '',
])('%s shows what they find', (command) => {
  expect(hiddenExit(command)).toBeNull();
});
