import { expect, test } from 'vitest';
import { explain, explanationLines } from '../../../src/util/explain/explain.ts';
import { runnerOutputs } from '../../support/runner-outputs.ts';

test.each(Object.entries(runnerOutputs))('the first test that failed, as told by: %s', (_name, { output, told }) => {
  const found = explain(output);
  expect(found === null ? [] : explanationLines(found)).toEqual(told);
});
