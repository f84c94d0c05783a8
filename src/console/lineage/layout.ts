import dagre from '@dagrejs/dagre'
import type { Lineage, LineageNode } from '../../protocol/api.js'

export const nodeWidth = 250
export const nodeHeight = { table: 50, view: 68 } as const

export interface Placed {
  readonly node: LineageNode
  readonly x: number
  readonly y: number
}

/** Where each node stands: what is read on the left, what reads it on the right. */
export function layout({ nodes, edges }: Lineage, narrow: boolean): Placed[] {
  const graph = new dagre.graphlib.Graph()
  graph.setDefaultEdgeLabel(() => ({}))
  graph.setGraph({ rankdir: 'LR', nodesep: 20, ranksep: narrow ? 50 : 140 })
  for (const { id, kind } of nodes) graph.setNode(id, { width: nodeWidth, height: nodeHeight[kind] })
  for (const { from, to } of edges) graph.setEdge(from, to)
  dagre.layout(graph)
  return nodes.map((node) => {
    const { x, y } = graph.node(node.id)
    return { node, x: x - nodeWidth / 2, y: y - nodeHeight[node.kind] / 2 }
  })
}

export interface Viewport {
  readonly x: number
  readonly y: number
  readonly zoom: number
}

const margin = 24
/** Smaller text cannot be read: then a part of the graph is shown, and the rest is a matter of moving it. */
const smallestZoom = 0.62

/** What is shown at first: all of it in the middle; or, of what is too large for that, where its tables begin. */
export function firstViewport(placed: readonly Placed[], width: number, height: number): Viewport {
  const right = Math.max(...placed.map(({ x }) => x + nodeWidth))
  const bottom = Math.max(...placed.map(({ node, y }) => y + nodeHeight[node.kind]))
  const fitting = Math.min(1, (width - 2 * margin) / right, (height - 2 * margin) / bottom)
  if (fitting >= smallestZoom) {
    return { x: (width - right * fitting) / 2, y: (height - bottom * fitting) / 2, zoom: fitting }
  }
  const zoom = Math.max(fitting, smallestZoom)
  const first = placed.filter(({ node }) => node.kind === 'table').sort((a, b) => a.y - b.y)[0]
  const middle = Math.max(height / 2 - (first?.y ?? 0) * zoom, height - bottom * zoom - margin)
  return { x: margin, y: Math.min(margin, middle), zoom }
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
