// The dashboard of the example, which the demo shows, into a folder beside its source.
import { fileURLToPath } from 'node:url'
import { buildPage, pageConfig } from './page-build.js'

export async function buildDashboard() {
  const config = await pageConfig({
    root: fileURLToPath(new URL('../examples/arena/dashboard/', import.meta.url)),
    outDir: 'dist',
    largestChunkKb: 900,
    // The sources of this checkout, where an application has the package.
    alias: { 'tidemark/react': fileURLToPath(new URL('../src/react/index.ts', import.meta.url)) },
  })
  await buildPage(config)
}
