import Table from 'cli-table3'
import type { Colours } from './terminal.js'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

const none = ''
const borders = {
  top: none,
  'top-mid': none,
  'top-left': none,
  'top-right': none,
  bottom: none,
  'bottom-mid': none,
  'bottom-left': none,
  'bottom-right': none,
  left: none,
  'left-mid': none,
  mid: none,
  'mid-mid': none,
  right: none,
  'right-mid': none,
  middle: none,
}

/** Aligned columns under dim titles, with nothing drawn around them. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], colours: Colours): string {
  const drawn = new Table({
    head: columns.map((column) => colours.dim(column.title)),
    colAligns: columns.map((column) => column.align ?? 'left'),
    chars: borders,
    style: { 'padding-left': 0, 'padding-right': 3, head: [], border: [], compact: true },
  })
  for (const row of rows) drawn.push([...row])
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
