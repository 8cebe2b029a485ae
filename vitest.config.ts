import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'src/**/*.test.ts',
      'sim/**/*.test.ts',
      'tools/**/*.test.ts',
      'lab/**/*.test.ts',
      'bench/**/*.test.ts',
      'fuzz/**/*.test.ts',
    ],
    exclude: ['**/*.lab.test.ts', '**/node_modules/**'],
    testTimeout: 60_000,
  },
});
