import '@xyflow/react/dist/base.css'
import { Controls, type Edge, MarkerType, MiniMap, type Node, ReactFlow } from '@xyflow/react'
import { useMemo, useRef } from 'react'
import type { Lineage, LineageNode } from '../../protocol/api.js'
import type { KnownView } from '../health/known.js'
import { firstViewport, layout } from './layout.js'
import classes from './lineage.module.css'
import { type LineageNodeData, nodeTypes } from './nodes.js'
import { edgeTypes } from './PassingEdge.js'
import type { Placed } from './placed.js'
import { heightOf, narrowSizes, wideSizes } from './sizes.js'

interface GraphProps {
  readonly lineage: Lineage
  readonly views: readonly KnownView[]
  readonly focus: string | null
  readonly narrow: boolean
  /** Of the room there is: width by height. */
  readonly aspect: number
}

/** More than can be read at once: then a small map shows where one is. */
const many = 40

/** Tables and views, and what flows between them. Positions are kept while figures change. */
export function Graph({ lineage, views, focus, narrow, aspect }: GraphProps) {
  const shape = JSON.stringify([lineage.nodes.map(({ id }) => id), lineage.edges])
  // biome-ignore lint/correctness/useExhaustiveDependencies: laid out anew only when the shape of the graph is another one.
  const placed = useMemo(() => layout(lineage, narrow, aspect), [shape, narrow])
  const sizes = narrow ? narrowSizes : wideSizes
  const box = useRef<HTMLDivElement>(null)
  const passes = new Map(placed.map((one) => [one.node.id, one.passes]))
  const known = new Map(views.map((view) => [view.view, view]))
  const current = new Map(lineage.nodes.map((node) => [node.id, node]))
  const nodes = placed.map(({ node, x, y }): Node<LineageNodeData> => {
    const now = current.get(node.id) ?? node
    return {
      id: node.id,
      type: node.kind,
      position: { x, y },
      // Known beforehand: what is not in sight is not drawn, and so not measured.
      width: sizes.width,
      height: heightOf(node, sizes),
      data: { node: now, view: known.get(node.name), focused: node.name === focus },
      ariaLabel: labelOf(now),
    }
  })
  return (
    <ReactFlow
      ref={box}
      nodes={nodes}
      edges={edgesOf(lineage, known, current, passes, sizes.width)}
      edgeTypes={edgeTypes}
      nodeTypes={nodeTypes}
      onInit={(instance) => {
        const { width = 0, height = 0 } = box.current?.getBoundingClientRect() ?? {}
        void instance.setViewport(firstViewport(placed, sizes, width, height))
      }}
      minZoom={0.05}
      maxZoom={1.5}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      onlyRenderVisibleElements={lineage.nodes.length > 150}
    >
      <Controls showInteractive={false} />
      {!narrow && lineage.nodes.length > many && (
        <MiniMap
          pannable
          zoomable
          ariaLabel="Map of the whole graph"
          nodeColor="var(--edge-line)"
          bgColor="transparent"
        />
      )}
    </ReactFlow>
  )
}

function labelOf({ kind, name, pending }: LineageNode): string {
  return pending === null ? `${kind} ${name}` : `${kind} ${name}, ${pending} changes pending`
}

/** An edge moves while what it leads to has changes to take in. */
function edgesOf(
  { edges }: Lineage,
  known: ReadonlyMap<string, KnownView>,
  current: ReadonlyMap<string, LineageNode>,
  passes: ReadonlyMap<string, Placed['passes']>,
  width: number,
): Edge[] {
  return edges.map(({ from, to, maintenance }): Edge => {
    const target = current.get(to)
    const source = current.get(from)
    const waits = (known.get(target?.name ?? '')?.pendingChanges ?? target?.pending ?? 0) > 0
    const pending = waits && (source?.kind === 'view' || source?.pending === null || (source?.pending ?? 0) > 0)
    return {
      id: `${from} ${to}`,
      type: 'passing',
      data: { passes: passes.get(from)?.get(to) ?? [], width },
      source: from,
      target: to,
      className: `${classes.edge} ${classes[`edge-${maintenance}`]} ${pending ? classes.edgePending : ''}`,
      markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16, color: 'var(--edge-line)' },
    }
  })
}
