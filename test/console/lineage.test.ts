import { describe, expect, test } from 'vitest'
import { around, layout } from '../../src/console/lineage/layout.js'
import type { Placed } from '../../src/console/lineage/placed.js'
import { heightOf, narrowSizes, type Sizes, wideSizes } from '../../src/console/lineage/sizes.js'
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

/** So many views, each over two of the tables; each fifth over the view before it, too. */
function joined(tables: number, views: number): Lineage {
  const table = (index: number): string => `t${index % tables}`
  const nodes = Array.from({ length: tables }, (_, index) => node('table', table(index)))
  const edges: Lineage['edges'][number][] = []
  for (let view = 0; view < views; view++) {
    nodes.push(node('view', `v${view}`))
    const read = [`table:${table(view)}`, view % 5 === 4 ? `view:v${view - 1}` : `table:${table(view * 3 + 1)}`]
    for (const from of new Set(read)) edges.push({ from, to: `view:v${view}`, maintenance: 'slice' })
  }
  return { nodes, edges }
}

function size(
  placed: readonly Placed[],
  sizes: Sizes = wideSizes,
): { readonly width: number; readonly height: number } {
  return {
    width: Math.max(...placed.map(({ x }) => x + sizes.width)),
    height: Math.max(...placed.map(({ node, y }) => y + heightOf(node, sizes))),
  }
}

function overlaps(placed: readonly Placed[], sizes: Sizes = wideSizes): string[] {
  return placed.flatMap((a, index) =>
    placed
      .slice(index + 1)
      .filter(
        (b) =>
          a.x < b.x + sizes.width &&
          b.x < a.x + sizes.width &&
          a.y < b.y + heightOf(b.node, sizes) &&
          b.y < a.y + heightOf(a.node, sizes),
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

  test.each([1, 2, 4])(
    'that hangs together is folded: it is about as wide as the room, %i times its height',
    (aspect) => {
      const placed = layout(joined(8, 200), false, aspect)
      const { width, height } = size(placed)
      expect(width / height).toBeGreaterThan(aspect / 2)
      expect(width / height).toBeLessThan(aspect * 2)
      expect(overlaps(placed)).toEqual([])
      // No wide gaps: nodes and the room that lines need between them are most of it.
      const taken = placed.length * (wideSizes.width + wideSizes.columnGap) * 72
      expect(taken / (width * height)).toBeGreaterThan(0.75)
    },
  )

  test('that is folded has what is read left of what reads it, and no line behind a node', () => {
    const lineage = joined(8, 200)
    const placed = layout(lineage, false, 2)
    const byId = new Map(placed.map((one) => [one.node.id, one]))
    for (const { from, to } of lineage.edges) {
      const [source, target] = [byId.get(from), byId.get(to)]
      if (source === undefined || target === undefined) throw new Error(`${from} or ${to} has no place`)
      expect(source.x).toBeLessThan(target.x)
      const passes = source.passes.get(to) ?? []
      const between = new Set(placed.map(({ x }) => x).filter((x) => x > source.x && x < target.x))
      expect(passes.map(({ x }) => x - wideSizes.width / 2)).toEqual([...between].sort((a, b) => a - b))
      for (const pass of passes) {
        const behind = placed.filter(
          ({ node, x, y }) =>
            x < pass.x && pass.x < x + wideSizes.width && y <= pass.y && pass.y <= y + heightOf(node, wideSizes),
        )
        expect(behind).toEqual([])
      }
    }
  })

  test('is one column on a narrow screen', () => {
    const placed = layout(stars(30, 6), true, 0.7)
    const { width } = size(placed, narrowSizes)
    expect(width).toBe(2 * narrowSizes.width + narrowSizes.columnGap)
    // What a phone has, without the page's margins and the graph's own.
    expect(width).toBeLessThanOrEqual(390 - 32 - 2 * 12)
    expect(overlaps(placed, narrowSizes)).toEqual([])
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
    expect(passes.map(({ x }) => x - wideSizes.width / 2)).toEqual([at('b')?.x, at('c')?.x])
    for (const [index, name] of ['b', 'c'].entries()) {
      const { y = 0, node: passed = chain[0] as LineageNode } = at(name) ?? {}
      const height = passes[index]?.y ?? Number.NaN
      expect(height < y || height > y + heightOf(passed, wideSizes)).toBe(true)
    }
  })

  test('gives long names more lines', () => {
    const long = node('view', 'mv_monthly_reconciliation_against_the_ledger')
    expect(heightOf(long, wideSizes)).toBeGreaterThan(heightOf(node('view', 'mv_totals'), wideSizes))
    expect(heightOf(long, narrowSizes)).toBeGreaterThan(heightOf(long, wideSizes))
  })

  test('around a name leaves out what neither leads to it nor comes from it', () => {
    const { nodes } = around(stars(3, 2), 't1')
    expect(nodes.map(({ name }) => name)).toEqual(['t1', 'v1_0', 'v1_1_of_a_long_name'])
  })
})
