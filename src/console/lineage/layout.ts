import dagre from '@dagrejs/dagre'
import type { Lineage } from '../../protocol/api.js'
import { layoutGrid, ranksOf, rowsFor } from './grid.js'
import type { Part, Placed, Point } from './placed.js'
import { heightOf, narrowSizes, rowGap, type Sizes, wideSizes } from './sizes.js'

/** Between parts of the graph that have nothing to do with each other. */
const apart = 56
/** A column that is longer than this is folded: nobody could see both of its ends. */
const longestColumn = 10

/**
 * Where each node stands: what is read on the left, what reads it on the right. What has nothing to do with each other is
 * laid out by itself, and put one below the other, in as many columns as make the whole about as wide as `aspect` says.
 */
export function layout(lineage: Lineage, narrow: boolean, aspect: number): Placed[] {
  const sizes = narrow ? narrowSizes : wideSizes
  const parts = components(lineage).map((part) => {
    const ranks = ranksOf(part)
    const longest = Math.max(...ranks.map(({ length }) => length))
    if (longest <= longestColumn) return layoutPart(part, sizes)
    return layoutGrid(part, ranks, sizes, narrow ? longest : rowsFor(part, sizes, aspect))
  })
  const area = parts.reduce((sum, { width, height }) => sum + (width + apart) * (height + apart), 0)
  const columnHeight = narrow
    ? Number.POSITIVE_INFINITY
    : Math.max(Math.sqrt(area / aspect), ...parts.map(({ height }) => height))
  const placed: Placed[] = []
  let left = 0
  let top = 0
  let columnWidth = 0
  for (const { nodes, width, height } of parts) {
    if (top > 0 && top + height > columnHeight) {
      left += columnWidth + apart
      top = 0
      columnWidth = 0
    }
    for (const { node, x, y, passes } of nodes) {
      const moved = new Map(
        [...passes].map(([to, points]) => [to, points.map((at) => ({ x: left + at.x, y: top + at.y }))]),
      )
      placed.push({ node, x: left + x, y: top + y, passes: moved })
    }
    top += height + (narrow ? apart / 2 : apart)
    columnWidth = Math.max(columnWidth, width)
  }
  return placed
}

function layoutPart({ nodes, edges }: Lineage, sizes: Sizes): Part {
  const graph = new dagre.graphlib.Graph()
  graph.setDefaultEdgeLabel(() => ({}))
  graph.setGraph({ rankdir: 'LR', nodesep: rowGap, ranksep: sizes.columnGap })
  for (const node of nodes) graph.setNode(node.id, { width: sizes.width, height: heightOf(node, sizes) })
  for (const { from, to } of edges) graph.setEdge(from, to)
  dagre.layout(graph)
  const placed = nodes.map((node): Placed => {
    const { x, y } = graph.node(node.id)
    const out = edges.filter(({ from }) => from === node.id)
    const passes = new Map(out.map(({ from, to }) => [to, passesOf(graph.edge(from, to).points)]))
    return { node, x: x - sizes.width / 2, y: y - heightOf(node, sizes) / 2, passes }
  })
  return {
    nodes: placed,
    width: Math.max(...placed.map(({ x }) => x + sizes.width)),
    height: Math.max(...placed.map(({ node, y }) => y + heightOf(node, sizes))),
  }
}

/** Of a line's points, without its ends, every second one stands in a column of nodes; the others are between columns. */
function passesOf(points: readonly Point[]): Point[] {
  return points.slice(1, -1).filter((_, index) => index % 2 === 1)
}

/** What hangs together, the largest first. */
function components({ nodes, edges }: Lineage): Lineage[] {
  const neighbours = new Map<string, string[]>(nodes.map(({ id }) => [id, []]))
  for (const { from, to } of edges) {
    neighbours.get(from)?.push(to)
    neighbours.get(to)?.push(from)
  }
  const partOf = new Map<string, number>()
  let count = 0
  for (const { id } of nodes) {
    if (partOf.has(id)) continue
    partOf.set(id, count)
    const open = [id]
    for (let here = open.pop(); here !== undefined; here = open.pop()) {
      for (const there of neighbours.get(here) ?? []) {
        if (partOf.has(there)) continue
        partOf.set(there, count)
        open.push(there)
      }
    }
    count++
  }
  return Array.from({ length: count }, (_, part) => ({
    nodes: nodes.filter(({ id }) => partOf.get(id) === part),
    edges: edges.filter(({ from }) => partOf.get(from) === part),
  })).sort((a, b) => b.nodes.length - a.nodes.length)
}

export interface Viewport {
  readonly x: number
  readonly y: number
  readonly zoom: number
}

/** Left free around it. */
const margin = { wide: 24, narrow: 10 }
const phone = 500

/** What is shown at first: all of it in the middle; or, of what is too large for that, where its tables begin. */
export function firstViewport(placed: readonly Placed[], sizes: Sizes, width: number, height: number): Viewport {
  const right = Math.max(...placed.map(({ x }) => x + sizes.width))
  const bottom = Math.max(...placed.map(({ node, y }) => y + heightOf(node, sizes)))
  const edge = width < phone ? margin.narrow : margin.wide
  const fitting = Math.min(1, (width - 2 * edge) / right, (height - 2 * edge) / bottom)
  if (fitting >= sizes.smallestZoom) {
    return { x: (width - right * fitting) / 2, y: (height - bottom * fitting) / 2, zoom: fitting }
  }
  const zoom = sizes.smallestZoom
  const first = placed.filter(({ node }) => node.kind === 'table').sort((a, b) => a.y - b.y)[0]
  const middle = Math.max(height / 2 - (first?.y ?? 0) * zoom, height - bottom * zoom - edge)
  return { x: edge, y: Math.min(edge, middle), zoom }
}

/** What one node is made of, and what is made of it: all others left out. */
export function around(lineage: Lineage, name: string): Lineage {
  const start = lineage.nodes.find((node) => node.name === name)
  if (start === undefined) return lineage
  const kept = new Set([...reached(lineage, start.id, 'up'), ...reached(lineage, start.id, 'down')])
  return {
    nodes: lineage.nodes.filter(({ id }) => kept.has(id)),
    edges: lineage.edges.filter(({ from, to }) => kept.has(from) && kept.has(to)),
  }
}

function reached({ edges }: Lineage, start: string, way: 'up' | 'down'): Set<string> {
  const found = new Set([start])
  const open = [start]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const { from, to } of edges) {
      const [here, there] = way === 'up' ? [to, from] : [from, to]
      if (here !== id || found.has(there)) continue
      found.add(there)
      open.push(there)
    }
  }
  return found
}
