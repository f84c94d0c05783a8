// How the dashboard of the example is built, which the demo shows: into a folder beside its source.
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../examples/arena/dashboard/', import.meta.url))

export async function buildDashboard() {
  const { build } = await import('vite')
  const { default: react } = await import('@vitejs/plugin-react')
  const environment = process.env.NODE_ENV
  // A test that builds it is to see what everybody sees.
  process.env.NODE_ENV = 'production'
  try {
    await build(configuration(react))
  } finally {
    if (environment === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = environment
  }
}

/** @returns {import('vite').InlineConfig} */
function configuration(react) {
  return {
    configFile: false,
    root,
    // Relative: it can be mounted under any path.
    base: './',
    plugins: [react()],
    // The sources of this checkout, where an application has the package.
    resolve: { alias: { 'tidemark/react': fileURLToPath(new URL('../src/react/index.ts', import.meta.url)) } },
    logLevel: 'warn',
    build: {
      outDir: 'dist',
      emptyOutDir: true,
      target: 'es2022',
      // As data: a strict content security policy refuses them in a style sheet.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 900,
    },
  }
}
