// How the console is built: everything that its pages need is in dist/console, and nothing is fetched from elsewhere.
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../src/console/', import.meta.url))

/** Beside the pages: whose code is in them, and under what licence. */
export const licensesFile = 'third-party-licenses.md'

/** @returns {Promise<import('vite').InlineConfig>} */
export async function consoleConfig() {
  const { default: react } = await import('@vitejs/plugin-react')
  return {
    configFile: false,
    root,
    // Relative: it can be mounted under any path.
    base: './',
    plugins: [react()],
    logLevel: 'warn',
    build: {
      outDir: fileURLToPath(new URL('../dist/console/', import.meta.url)),
      emptyOutDir: true,
      target: 'es2022',
      // As data: in a style sheet, a strict content security policy refuses them.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 700,
      // Licences ask that they go with what is copied from a package: this goes into ours.
      license: { fileName: licensesFile },
    },
  }
}

export async function buildConsole() {
  const { build } = await import('vite')
  await build(await consoleConfig())
}
