import { IconTable } from '@tabler/icons-react'
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react'
import { Fragment } from 'react'
import { Link } from 'wouter'
import type { LineageNode } from '../../protocol/api.js'
import { compact, counted } from '../format/number.js'
import { ageLabel } from '../health/ageLabel.js'
import { conditionOf } from '../health/assess.js'
import type { KnownView } from '../health/known.js'
import { useNow } from '../live/useNow.js'
import { ConditionIcon } from '../parts/ConditionBadge.js'
import { looks } from '../parts/conditionLooks.js'
import { paths } from '../paths.js'
import classes from './lineage.module.css'
import { piecesOf } from './sizes.js'

export type LineageNodeData = {
  readonly node: LineageNode
  /** What is known of it, where it is a view. */
  readonly view: KnownView | undefined
  readonly focused: boolean
}

type LineageNodeProps = NodeProps<Node<LineageNodeData>>

function Handles() {
  return (
    <>
      <Handle type="target" position={Position.Left} className={classes.handle} />
      <Handle type="source" position={Position.Right} className={classes.handle} />
    </>
  )
}

function TableNode({ data }: LineageNodeProps) {
  const { node, focused } = data
  return (
    <Link href={paths.lineageOf(node.name)} className={classes.table} data-focused={focused || undefined}>
      <Handles />
      <IconTable size={18} aria-hidden />
      <Name text={node.name} />
      <Pending count={node.pending} more={node.morePending} />
    </Link>
  )
}

function ViewNode({ data }: LineageNodeProps) {
  const { node, view, focused } = data
  const now = useNow()
  const condition = view === undefined ? 'fresh' : conditionOf(view, now)
  return (
    <Link
      href={paths.view(node.name)}
      className={classes.view}
      data-tone={looks[condition].tone}
      data-focused={focused || undefined}
    >
      <Handles />
      <span className={classes.viewHead}>
        <ConditionIcon condition={condition} size={17} />
        <Name text={node.name} />
      </span>
      <span className={classes.viewFoot}>
        <span>{view === undefined ? '' : ageLabel(view, now)}</span>
        <Pending count={view?.pendingChanges ?? node.pending} more={view?.morePending ?? node.morePending} />
      </span>
    </Link>
  )
}

function Name({ text }: { readonly text: string }) {
  return (
    <span className={classes.name} title={text}>
      {piecesOf(text).map((piece, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a piece is what it is by its place.
        <Fragment key={index}>
          {piece}
          <wbr />
        </Fragment>
      ))}
    </span>
  )
}

function Pending({ count, more }: { readonly count: number | null; readonly more: boolean }) {
  if (count === null || count === 0) return null
  return (
    <span className={classes.pending} title={`${counted(count, more)} pending`}>
      {counted(count, more, compact)}
      <span className={classes.pendingWord}> pending</span>
    </span>
  )
}

export const nodeTypes = { table: TableNode, view: ViewNode }
