import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    globalSetup: ['test/kit/global-setup.ts'],
    pool: 'forks',
    // A file to compare with that is not there is a failure, here as in CI; `-u` writes them.
    update: 'none',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Tests wait for databases more than they compute.
    maxWorkers: 4,
  },
})
