import type { LineageNode } from '../../protocol/api.js'

/** What nodes and the room between them take, in pixels. */
export interface Sizes {
  readonly width: number
  /** Characters of a name that fit into a line. */
  readonly nameLength: number
  /** Between columns; lines turn there. */
  readonly columnGap: number
  /** Text that is smaller cannot be read: then a part of the graph is shown, and the rest is a matter of moving it. */
  readonly smallestZoom: number
}

export const wideSizes: Sizes = { width: 250, nameLength: 29, columnGap: 110, smallestZoom: 0.62 }

/** Two columns of it stand beside each other on a phone, in letters that can be read. */
export const narrowSizes: Sizes = { width: 146, nameLength: 14, columnGap: 30, smallestZoom: 0.9 }

/** Between rows; lines pass there. */
export const rowGap = 14

const heights = { table: 42, view: 58 } as const
const lineHeight = 17
/** The rest of a longer name is left out, and told when it is pointed at. */
const mostLines = 3

export function heightOf({ kind, name }: LineageNode, { nameLength }: Sizes): number {
  // Beside the name of a table stands what is pending.
  const fitting = nameLength - (kind === 'table' ? 5 : 0)
  const lines = Math.min(mostLines, linesOf(name, fitting))
  return heights[kind] + (lines - 1) * lineHeight
}

/** A name breaks after these at best. */
export function piecesOf(name: string): string[] {
  return name.split(/(?<=[_.])/)
}

function linesOf(name: string, length: number): number {
  let lines = 1
  let used = 0
  for (const piece of piecesOf(name)) {
    if (used > 0 && used + piece.length > length) {
      lines++
      used = 0
    }
    used += piece.length
    // One that is longer than a line breaks anywhere.
    while (used > length) {
      lines++
      used -= length
    }
  }
  return lines
}
