import { BaseEdge, type Edge, type EdgeProps, getBezierPath, Position } from '@xyflow/react'
import type { Point } from './placed.js'

export type PassingEdgeData = {
  readonly passes: readonly Point[]
  /** Of the nodes that it passes. */
  readonly width: number
}

/** A line that passes between the nodes of columns in its way, instead of behind them. */
function PassingEdge({ id, sourceX, sourceY, targetX, targetY, markerEnd, data }: EdgeProps<Edge<PassingEdgeData>>) {
  let at: Point = { x: sourceX, y: sourceY }
  let path = ''
  const half = (data?.width ?? 0) / 2
  for (const pass of data?.passes ?? []) {
    path += curve(at, { x: pass.x - half, y: pass.y })
    at = { x: pass.x + half, y: pass.y }
    path += `L${at.x},${at.y}`
  }
  path += curve(at, { x: targetX, y: targetY })
  return <BaseEdge id={id} path={path} {...(markerEnd === undefined ? {} : { markerEnd })} />
}

function curve(from: Point, to: Point): string {
  const [path] = getBezierPath({
    sourceX: from.x,
    sourceY: from.y,
    sourcePosition: Position.Right,
    targetX: to.x,
    targetY: to.y,
    targetPosition: Position.Left,
  })
  return path
}

export const edgeTypes = { passing: PassingEdge }
