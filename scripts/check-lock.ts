/**
 * The lock file must serve everybody: `npm run check` fails when it names a registry, or lacks a package for another
 * platform. npm leaves those out when the registry it asks (a mirror, say) does not carry them, and then `npm ci`
 * refuses the file it wrote. `npm run lock:fix` adds them, from what their name says of system and processor.
 */
import { readFileSync, writeFileSync } from 'node:fs'

interface LockEntry {
  readonly version?: string
  readonly resolved?: string
  readonly dev?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockEntry> }

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

/** Whether `name`, asked for by the package at `path`, is found by walking up as Node does. */
function isLocked(path: string, name: string): boolean {
  if (lock.packages[`${path === '' ? '' : `${path}/`}node_modules/${name}`] !== undefined) return true
  return path !== '' && isLocked(path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/'))), name)
}

function platformEntry(name: string, version: string, dev: boolean): LockEntry {
  const words = name.split(/[/-]/)
  const system = words.find((word) => systems.includes(word))
  const processor = words.find((word) => processors.includes(word))
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : 'glibc'
  return {
    version,
    ...(processor === undefined ? {} : { cpu: [processor] }),
    ...(dev ? { dev } : {}),
    ...(system === 'linux' ? { libc: [libc] } : {}),
    optional: true,
    ...(system === undefined ? {} : { os: [system] }),
  } as LockEntry
}

const named = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined)
const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
  Object.entries(entry.optionalDependencies ?? {})
    .filter(([name]) => !isLocked(path, name))
    .map(([name, version]) => ({ name, version, dev: entry.dev === true })),
)

if (process.argv.includes('--fix')) {
  for (const { name, version, dev } of missing)
    lock.packages[`node_modules/${name}`] = platformEntry(name, version, dev)
  const byPath = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))
  lock.packages = Object.fromEntries(byPath.map(([path, { resolved: _, ...entry }]) => [path, entry]))
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
} else if (named.length > 0 || missing.length > 0) {
  for (const [path] of named) console.error(`package-lock.json names the registry of ${path}`)
  for (const { name } of missing) console.error(`package-lock.json lacks ${name}`)
  console.error('Mend it with: npm run lock:fix')
  process.exitCode = 1
}
