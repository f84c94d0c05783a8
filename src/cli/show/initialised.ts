import { counted, printable } from '../format.js'
import type { Terminal } from '../terminal.js'

export function showInitialised(files: readonly string[], found: number | undefined, { colours }: Terminal): string {
  const written = files.map((file) => `  ${colours.green('+')} ${printable(file)}`)
  const first = files[1]
  const head = found === undefined ? [] : [`Found ${counted(found, 'materialized view')}.`, '']
  const steps = [
    ...(found === undefined && first !== undefined ? [[`edit ${first}`, 'write your SELECT']] : []),
    ['tidemark explain', 'how each view would be kept fresh'],
    ['tidemark apply', 'deploy them'],
    ['tidemark run', 'keep them fresh'],
  ]
  const width = Math.max(...steps.map(([line = '']) => line.length))
  const next = steps.map(([line = '', text = '']) => `  ${colours.cyan(line.padEnd(width))}  ${colours.dim(text)}`)
  return [...head, ...written, '', 'Next:', ...next].join('\n')
}
