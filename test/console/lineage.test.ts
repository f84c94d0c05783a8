import { describe, expect, test } from 'vitest'
import { around, heightOf, layout, nodeWidth, type Placed } from '../../src/console/lineage/layout.js'
import type { Lineage, LineageNode } from '../../src/protocol/api.js'

function node(kind: 'table' | 'view', name: string): LineageNode {
  const common = { id: `${kind}:${name}`, name, pending: 0, morePending: false, rows: 0 }
  return kind === 'table' ? { ...common, kind } : { ...common, kind, state: 'ready' }
}

/** So many tables, each with so many views over it. */
function stars(tables: number, views: number): Lineage {
  const nodes: LineageNode[] = []
  const edges: Lineage['edges'][number][] = []
  for (let table = 0; table < tables; table++) {
    nodes.push(node('table', `t${table}`))
    for (let view = 0; view < views; view++) {
      nodes.push(node('view', `v${table}_${view}${'_of_a_long_name'.repeat(view % 3)}`))
      edges.push({ from: `table:t${table}`, to: nodes.at(-1)?.id ?? '', maintenance: 'slice' })
    }
  }
  return { nodes, edges }
}

function size(placed: readonly Placed[]): { readonly width: number; readonly height: number } {
  return {
    width: Math.max(...placed.map(({ x }) => x + nodeWidth)),
    height: Math.max(...placed.map(({ node, y }) => y + heightOf(node))),
  }
}

function overlaps(placed: readonly Placed[]): string[] {
  return placed.flatMap((a, index) =>
    placed
      .slice(index + 1)
      .filter(
        (b) =>
          a.x < b.x + nodeWidth &&
          b.x < a.x + nodeWidth &&
          a.y < b.y + heightOf(b.node) &&
          b.y < a.y + heightOf(a.node),
      )
      .map((b) => `${a.node.name} and ${b.node.name}`),
  )
}

describe('the graph', () => {
  test.each([1, 2, 4])('of what does not hang together is about as wide as the room, %i times its height', (aspect) => {
    const placed = layout(stars(30, 6), false, aspect)
    const { width, height } = size(placed)
    expect(width / height).toBeGreaterThan(aspect / 2)
    expect(width / height).toBeLessThan(aspect * 2)
    expect(overlaps(placed)).toEqual([])
  })

  test('is one column on a narrow screen', () => {
    const placed = layout(stars(30, 6), true, 0.7)
    expect(size(placed).width).toBe(2 * nodeWidth + 50)
    expect(overlaps(placed)).toEqual([])
  })

  test('has lines that pass between the nodes in their way', () => {
    const chain = ['a', 'b', 'c', 'd'].map((name) => node('view', name))
    const edge = (from: string, to: string) => ({
      from: `view:${from}`,
      to: `view:${to}`,
      maintenance: 'slice' as const,
    })
    const edges = [edge('a', 'b'), edge('b', 'c'), edge('c', 'd'), edge('a', 'd')]
    const placed = layout({ nodes: chain, edges }, false, 2)
    const at = (name: string) => placed.find(({ node }) => node.name === name)
    expect(at('a')?.passes.get('view:b')).toEqual([])
    const passes = at('a')?.passes.get('view:d') ?? []
    expect(passes.map(({ x }) => x - nodeWidth / 2)).toEqual([at('b')?.x, at('c')?.x])
    for (const [index, name] of ['b', 'c'].entries()) {
      const { y = 0, node: passed = chain[0] as LineageNode } = at(name) ?? {}
      const height = passes[index]?.y ?? Number.NaN
      expect(height < y || height > y + heightOf(passed)).toBe(true)
    }
  })

  test('gives long names a second line', () => {
    const short = heightOf(node('view', 'mv_totals'))
    expect(heightOf(node('view', 'mv_monthly_reconciliation_against_the_ledger'))).toBeGreaterThan(short)
  })

  test('around a name leaves out what neither leads to it nor comes from it', () => {
    const { nodes } = around(stars(3, 2), 't1')
    expect(nodes.map(({ name }) => name)).toEqual(['t1', 'v1_0', 'v1_1_of_a_long_name'])
  })
})
