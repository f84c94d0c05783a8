import { readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { createJiti, type JitiOptions } from 'jiti'
import { TidemarkError } from '../protocol/errors.js'
import { normaliseConfig } from './normalise-config.js'
import { queryFileReader } from './query-file.js'
import type { NormalisedConfig, NormalisedView, TextOrigin } from './types.js'
import { writtenAt } from './written-at.js'

export interface LoadedConfig {
  readonly config: NormalisedConfig
  /** Absolute path of the file. */
  readonly path: string
  readonly views: readonly NormalisedView[]
}

/** In the order of preference. */
export const configFileNames = ['ts', 'mts', 'js', 'mjs'].map((extension) => `tidemark.config.${extension}`)

/**
 * Loads and checks a configuration file: the one given (or found in the directory given), else the nearest one at
 * or above `cwd`. A changed file is read anew each time.
 *
 * Raises CONFIG_NOT_FOUND, and what `normaliseConfig` raises; whatever the file itself throws is CONFIG_INVALID.
 */
export async function loadConfig(path?: string, cwd: string = process.cwd()): Promise<LoadedConfig> {
  const file = path === undefined ? findUpward(resolve(cwd)) : given(resolve(cwd, path), path)
  const { config, views } = normaliseConfig(await evaluate(file), queryFileReader(dirname(file)))
  return { config, path: file, views: placed(views, file) }
}

/** SQL that is written in the configuration, with its place in it. */
function placed(views: readonly NormalisedView[], file: string): NormalisedView[] {
  const text = readFileSync(file, 'utf8')
  const originOf = (sql: string | null): TextOrigin | undefined => {
    const place = sql === null ? undefined : writtenAt(sql, text)
    return place && { file, ...place }
  }
  return views.map((view) => {
    const query = view.queryFile === undefined ? originOf(view.query) : undefined
    const [guard, filter] = [originOf(view.read.guard), originOf(view.read.filter)]
    return {
      ...view,
      ...(query === undefined ? {} : { writtenAt: query }),
      ...(guard === undefined && filter === undefined
        ? {}
        : { conditionsAt: { ...(guard && { guard }), ...(filter && { filter }) } }),
    }
  })
}

function findUpward(start: string): string {
  for (let directory = start; ; directory = dirname(directory)) {
    const file = findIn(directory)
    if (file !== undefined) return file
    if (directory === dirname(directory)) break
  }
  throw notFound(`There is no ${configFileNames[0]} in ${start} or above it.`)
}

function given(file: string, written: string): string {
  const found = isDirectory(file) ? findIn(file) : isFile(file) ? file : undefined
  if (found === undefined) throw notFound(`There is no configuration file at ${written} (looked at ${file}).`)
  return found
}

function notFound(message: string): TidemarkError {
  return new TidemarkError('CONFIG_NOT_FOUND', message, {
    hint: 'Run `tidemark init` to make one, or name it with --config.',
  })
}

function findIn(directory: string): string | undefined {
  return configFileNames.map((name) => join(directory, name)).find(isFile)
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** The default export of the file. */
async function evaluate(file: string): Promise<unknown> {
  const options = {
    // `import ... from 'tidemark'` is this very program: it need not be installed beside the file, and is not run twice.
    virtualModules: { tidemark: (await import(ownEntry())) as unknown },
    // `dev` loads the same file, and what it imports, again and again.
    moduleCache: false,
  }
  try {
    return await createJiti(import.meta.url, options).import(file, { default: true })
  } catch (error) {
    if (await exportsNull(file, options)) return null
    throw new TidemarkError('CONFIG_INVALID', `${basename(file)} could not be evaluated: ${said(error, file)}`, {
      hint: `Correct ${file}; running it shows the whole error.`,
      cause: error,
    })
  }
}

/** The loader fails on `export default null`, as it looks for a module's own default in it; told not to, it does not. */
async function exportsNull(file: string, options: JitiOptions): Promise<boolean> {
  try {
    const plain = createJiti(import.meta.url, { ...options, interopDefault: false })
    return (await plain.import<{ default?: unknown }>(file)).default === null
  } catch {
    return false
  }
}

/** The package's entry, beside this file: as TypeScript in its repository, as JavaScript where it is installed. */
function ownEntry(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`../index.${extension}`, import.meta.url).href
}

/** The message without what is only of use to the loader: a require stack, and the file's own directory. */
function said(error: unknown, file: string): string {
  const message = error instanceof Error ? error.message : String(error)
  const [text = ''] = message.split('\nRequire stack:')
  return (
    text
      .replaceAll(`${dirname(file)}/`, '')
      .replace(/\s+/g, ' ')
      .trim() || 'it threw an error without a message'
  )
}
