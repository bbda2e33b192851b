import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: ['tests/support/build.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000, interval: 10 } },
    // Tests start processes of their own; two cores are soon busy.
    maxWorkers: 3,
    // Files of one worker share what they import: half of the time of the quick tests went into importing it again.
    isolate: false,
  },
});
