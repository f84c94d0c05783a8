import type { LineageNode } from '../../protocol/api.js'

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Placed extends Point {
  readonly node: LineageNode
  /** By the id of what reads it: where the line passes between the nodes of columns in between, at their middle. */
  readonly passes: ReadonlyMap<string, readonly Point[]>
}

/** What hangs together, beginning at 0. */
export interface Part {
  readonly nodes: readonly Placed[]
  readonly width: number
  readonly height: number
}
