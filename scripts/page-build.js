// How a page is built: everything that it needs is in one folder, and nothing is fetched from elsewhere.

/**
 * @param {{ root: string, outDir: string, largestChunkKb: number, license?: { fileName: string }, alias?: Record<string, string> }} page
 * @returns {Promise<import('vite').InlineConfig>}
 */
export async function pageConfig({ root, outDir, largestChunkKb, license, alias }) {
  const { default: react } = await import('@vitejs/plugin-react')
  return {
    configFile: false,
    root,
    // Relative: it can be mounted under any path.
    base: './',
    plugins: [react()],
    logLevel: 'warn',
    ...(alias === undefined ? {} : { resolve: { alias } }),
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      // As data: in a style sheet, a strict content security policy refuses them.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: largestChunkKb,
      ...(license === undefined ? {} : { license }),
    },
  }
}

/** @param {import('vite').InlineConfig} config */
export async function buildPage(config) {
  const { build } = await import('vite')
  const environment = process.env.NODE_ENV
  // A test that builds it is to see what everybody sees.
  process.env.NODE_ENV = 'production'
  try {
    await build(config)
  } finally {
    if (environment === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = environment
  }
}
