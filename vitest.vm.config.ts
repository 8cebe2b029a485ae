import { defineConfig } from 'vitest/config';

/** Tests on real kernels in virtual machines. One at a time: they share the machine. */
export default defineConfig({
  test: {
    include: ['test/vm/**/*.vm.test.ts'],
    globalSetup: ['test/vm/setup.testing.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    // What follows a failure here would only wait for what will not come.
    bail: 1,
  },
});
