import path from 'node:path';
import { test } from 'vitest';
import { liveThreeNights } from '../support/daily-loop.ts';

test('specs are added, edited, reordered and unticked by day and worked on by night, and every merge is clean', () => {
  liveThreeNights([process.execPath, path.resolve(import.meta.dirname, '../../dist/main.js')]);
});
