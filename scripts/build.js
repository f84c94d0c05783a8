// Builds dist/ from src/. Plain JavaScript: it runs from `prepare`, before anything is compiled.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { buildConsole } from './console-build.js'
import { buildDashboard } from './dashboard-build.js'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

const tsc = findTypeScript()
if (tsc === undefined) {
  // `npm ci --omit=dev`: nothing to build with, and the command that asked for this should still succeed.
  console.warn('tidemark: TypeScript is not installed, dist/ was not built')
  process.exit(0)
}

rmSync('dist', { recursive: true, force: true })
// What runs in a browser is compiled apart: it has a DOM and JSX, and the rest does not.
for (const project of ['tsconfig.build.json', 'tsconfig.build.web.json']) {
  const compiled = spawnSync(process.execPath, [tsc, '-p', project], { stdio: 'inherit' })
  if (compiled.status !== 0) process.exit(compiled.status ?? 1)
}

// Fixed SQL lives in .sql files beside the code that reads it; tsc leaves them behind.
cpSync('src', 'dist', {
  recursive: true,
  filter: (path) => !path.startsWith('src/console') && (statSync(path).isDirectory() || path.endsWith('.sql')),
})

await buildConsole()
await buildDashboard()

const main = 'dist/cli/main.js'
if (existsSync(main)) {
  chmodSync(main, 0o755)
  linkCommand()
}

function findTypeScript() {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc')
  } catch {
    return undefined
  }
}

/** npm links the commands of what a package depends on, not its own: so that `npx tidemark` runs this checkout. */
function linkCommand() {
  const link = 'node_modules/.bin/tidemark'
  if (process.platform === 'win32' || !existsSync('node_modules/.bin')) return
  rmSync(link, { force: true })
  symlinkSync(`../../${main}`, link)
}
