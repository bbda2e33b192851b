import { expect, test } from 'vitest';
import { explain, explanationLines } from '../../../src/util/explain/explain.ts';
import { linterOutputs, lookAlikes } from '../../support/linter-outputs.ts';

test.each(Object.entries({ ...linterOutputs, ...lookAlikes }))(
  'what is complained of: %s',
  (_name, { output, told }) => {
    const found = explain(output);
    expect(found === null ? [] : explanationLines(found)).toEqual(told);
  },
);
