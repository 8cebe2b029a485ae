import { defineConfig } from 'vitest/config';

/** Tests on real kernels and engines: namespaces, HAProxy, Apache, resource agents. One at a time: they share the machine. */
export default defineConfig({
  test: {
    include: ['src/**/*.lab.test.ts', 'lab/**/*.lab.test.ts'],
    exclude: ['**/node_modules/**'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
