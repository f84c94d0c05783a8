import { existsSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { configFileNames } from '../../define/load-config.js'
import { TidemarkError } from '../../protocol/errors.js'
import type { NewFile } from './configText.js'

export interface Place {
  readonly directory: string
  readonly configName: string
}

/**
 * Where a new configuration goes: the file or directory that --config names, else the current directory.
 * @throws TidemarkError FILE_EXISTS when there is a configuration already.
 */
export function placeOfConfig(given: string | undefined): Place {
  const path = resolve(given ?? '.')
  const isDirectory = given === undefined || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)
  const directory = isDirectory ? path : dirname(path)
  const configName = isDirectory ? (configFileNames[0] ?? '') : basename(path)
  const [present] = [configName, ...(isDirectory ? configFileNames : [])].filter((name) =>
    existsSync(join(directory, name)),
  )
  if (present !== undefined) throw fileExists(shown(join(directory, present)))
  return { directory, configName }
}

/**
 * Writes all of the files, or none when one of them is there already.
 * @returns their paths, from the current directory.
 * @throws TidemarkError FILE_EXISTS.
 */
export async function writeFiles(directory: string, files: readonly NewFile[]): Promise<string[]> {
  const present = files.map((file) => join(directory, file.path)).find((path) => existsSync(path))
  if (present !== undefined) throw fileExists(shown(present))
  for (const { path } of files) await makeDirectory(dirname(join(directory, path)))
  const written: string[] = []
  for (const { path, text } of files) {
    const target = join(directory, path)
    try {
      await writeFile(target, text, { flag: 'wx' })
    } catch (error) {
      throw cannotWrite(shown(target), error)
    }
    written.push(shown(target))
  }
  return written
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    throw cannotWrite(shown(path), error)
  }
}

function shown(path: string): string {
  return relative(process.cwd(), path)
}

function fileExists(path: string): TidemarkError {
  return new TidemarkError('FILE_EXISTS', `There is a file ${path} already. Nothing was written.`, {
    hint: 'Move it away, or name another place for the configuration with --config.',
  })
}

function cannotWrite(path: string, error: unknown): TidemarkError {
  return new TidemarkError(
    'FILE_UNWRITABLE',
    `${path} could not be written: ${error instanceof Error ? error.message : String(error)}`,
    {
      hint: 'Check the permissions of the directory and the space on its disk.',
      cause: error,
    },
  )
}
