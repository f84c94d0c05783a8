import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { react18 } from './test/react/kit/react18.js'

/**
 * For all tests alike; the limits are for what hangs, on a machine that is busy. A project inherits nothing: what is asked
 * for once, below, would be done once for each.
 */
const shared = {
  testTimeout: 180_000,
  hookTimeout: 240_000,
  expect: { poll: { timeout: 30_000 } },
  pool: 'forks' as const,
}

/** Tests of components run on each React that is supported. */
const components = {
  ...shared,
  include: ['test/react/**/*.test.tsx'],
  environment: './test/react/kit/environment.ts',
  setupFiles: ['test/kit/patience.ts'],
}

export default defineConfig({
  test: {
    // One PostgreSQL for all projects.
    globalSetup: ['test/kit/global-setup.ts'],
    // A file to compare with that is not there is a failure, here as in CI; `-u` writes them.
    update: 'none',
    // Tests wait for databases more than they compute.
    maxWorkers: 4,
    projects: [
      {
        test: {
          ...shared,
          name: 'node',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
        },
        // What is shown to users imports what they import.
        resolve: {
          alias: {
            'tidemark/http/node': fileURLToPath(new URL('src/http/node.ts', import.meta.url)),
            'tidemark/http': fileURLToPath(new URL('src/http/index.ts', import.meta.url)),
          },
        },
      },
      {
        test: {
          ...shared,
          name: 'console',
          include: ['test/console/**/*.test.tsx'],
          environment: 'happy-dom',
          setupFiles: ['test/kit/patience.ts'],
        },
      },
      { test: { ...components, name: 'react-19' } },
      { test: { ...components, name: 'react-18' }, resolve: { alias: react18() } },
    ],
  },
})
