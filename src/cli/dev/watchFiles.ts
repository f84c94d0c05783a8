import { extname, sep } from 'node:path'
import { watch } from 'chokidar'

/** What a configuration, or a query, may be written in or import. */
const extensions = new Set(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '.sql'])
/** Editors write a file in several steps. */
const quietMs = 100

export interface FileWatch {
  /** From then on, no change is missed. */
  readonly ready: Promise<void>
  /** Watches these as well: queries may lie outside of the directory. */
  add(files: readonly string[]): void
  close(): Promise<void>
}

/** Calls `changed` once what lies below `directory` was changed and is quiet again, with the files. */
export function watchFiles(directory: string, changed: (files: readonly string[]) => void): FileWatch {
  const waiting = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  const watcher = watch(directory, {
    ignoreInitial: true,
    ignored: (path, stats) => isOther(path.slice(directory.length), stats?.isFile() === true),
  })
  watcher.on('all', (event, path) => {
    if (event === 'addDir' || event === 'unlinkDir') return
    waiting.add(path)
    clearTimeout(timer)
    timer = setTimeout(() => {
      const files = [...waiting].sort()
      waiting.clear()
      changed(files)
    }, quietMs)
  })
  // A directory that cannot be read is not watched, and no reason to end.
  watcher.on('error', () => undefined)
  const ready = new Promise<void>((resolve) => watcher.once('ready', resolve))
  return {
    ready,
    add: (files) => void watcher.add([...files]),
    close: async () => {
      clearTimeout(timer)
      await watcher.close()
    },
  }
}

function isOther(below: string, isFile: boolean): boolean {
  if (below.split(sep).some((name) => name === 'node_modules' || name.startsWith('.'))) return true
  return isFile && !extensions.has(extname(below))
}
