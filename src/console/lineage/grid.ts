import type { Lineage } from '../../protocol/api.js'
import type { Part, Placed, Point } from './placed.js'
import { heightOf, rowGap, type Sizes } from './sizes.js'

interface Cell {
  readonly column: number
  readonly row: number
}

/**
 * A large part of the graph, as a grid: what is read stands left of what reads it, and what is as far from its tables is
 * folded into columns of so many rows. Rows are equally high in all columns, so that lines to farther columns pass straight
 * between them.
 */
export function layoutGrid(lineage: Lineage, ranks: readonly string[][], sizes: Sizes, rows: number): Part {
  const pitch = pitchOf(lineage, sizes)
  const step = sizes.width + sizes.columnGap
  const cells = cellsOf(lineage, ranks, rows)
  const nodes = lineage.nodes.map((node): Placed => {
    const { column, row } = cellAt(cells, node.id)
    const inRow = (pitch - rowGap - heightOf(node, sizes)) / 2
    const out = lineage.edges.filter(({ from }) => from === node.id)
    const passes = new Map(out.map(({ to }) => [to, passesTo(cellAt(cells, to), column)]))
    return { node, x: column * step, y: row * pitch + inRow, passes }
  })
  return {
    nodes,
    width: Math.max(...nodes.map(({ x }) => x + sizes.width)),
    height: Math.max(...nodes.map(({ node, y }) => y + heightOf(node, sizes))),
  }

  /** Along the row of what it leads to, above it, through the columns in between. */
  function passesTo(to: Cell, from: number): Point[] {
    const y = to.row * pitch - rowGap / 2
    return Array.from({ length: Math.max(0, to.column - from - 1) }, (_, index) => ({
      x: (from + 1 + index) * step + sizes.width / 2,
      y,
    }))
  }
}

/** As many as make the whole about as wide as `aspect` says. */
export function rowsFor(lineage: Lineage, sizes: Sizes, aspect: number): number {
  const area = lineage.nodes.length * (sizes.width + sizes.columnGap) * pitchOf(lineage, sizes)
  return Math.max(1, Math.ceil(Math.sqrt(area / aspect) / pitchOf(lineage, sizes)))
}

function pitchOf({ nodes }: Lineage, sizes: Sizes): number {
  return Math.max(...nodes.map((node) => heightOf(node, sizes))) + rowGap
}

function cellAt(cells: ReadonlyMap<string, Cell>, id: string): Cell {
  return cells.get(id) ?? { column: 0, row: 0 }
}

/** Nodes by the length of the longest way to them from a table; the graph has no cycles. */
export function ranksOf({ nodes, edges }: Lineage): string[][] {
  const reads = new Map<string, string[]>(nodes.map(({ id }) => [id, []]))
  for (const { from, to } of edges) reads.get(to)?.push(from)
  const rankOf = new Map<string, number>()
  const find = (id: string): number => {
    const known = rankOf.get(id)
    if (known !== undefined) return known
    const rank = Math.max(-1, ...(reads.get(id) ?? []).map(find)) + 1
    rankOf.set(id, rank)
    return rank
  }
  const ranks: string[][] = []
  for (const { id } of nodes) {
    const rank = find(id)
    while (ranks.length <= rank) ranks.push([])
    ranks[rank]?.push(id)
  }
  return ranks
}

/** Each rank begins a column of its own, and is ordered by where what it reads stands: so lines are short, and cross little. */
function cellsOf({ edges }: Lineage, ranks: readonly string[][], rows: number): Map<string, Cell> {
  const reads = new Map<string, string[]>()
  for (const { from, to } of edges) reads.set(to, [...(reads.get(to) ?? []), from])
  const cells = new Map<string, Cell>()
  let column = 0
  for (const ids of ranks) {
    const place = (id: string): number => {
      const places = (reads.get(id) ?? []).map((from) => cellAt(cells, from))
      return places.reduce((sum, cell) => sum + cell.column * rows + cell.row, 0) / Math.max(1, places.length)
    }
    const inOrder = ids.map((id) => ({ id, place: place(id) })).sort((a, b) => a.place - b.place)
    for (let at = 0; at < inOrder.length; at += rows) {
      const chunk = inOrder.slice(at, at + rows).map(({ id }) => id)
      const wanted = chunk.map((id, index) => wantedRow(id, ((index + 0.5) * rows) / chunk.length - 0.5))
      for (const [index, row] of apart(wanted, rows).entries()) cells.set(chunk[index] ?? '', { column, row })
      column++
    }
  }
  return cells

  /** The row of what it reads, where that is one; else evenly spread over the column. */
  function wantedRow(id: string, spread: number): number {
    const [only, ...more] = reads.get(id) ?? []
    return only === undefined || more.length > 0 ? spread : cellAt(cells, only).row
  }
}

/** Rows of their own, in the same order, each as near to the wanted one as may be. */
function apart(wanted: readonly number[], rows: number): number[] {
  const found: number[] = []
  for (const [index, row] of wanted.entries()) {
    const first = (found.at(-1) ?? -1) + 1
    const last = rows - (wanted.length - index)
    found.push(Math.max(first, Math.min(last, Math.round(row))))
  }
  return found
}
