import type { ReasonCode } from '../../../src/compiler/reasons.js'

/** A view to be kept, and what maintenance its tables are known to get. Tables that are not named may get any. */
export interface Shape {
  readonly name: string
  readonly query: string
  readonly key?: readonly string[]
  readonly timeZone?: string
  readonly expect?: Readonly<Record<string, 'slice' | 'delta' | ReasonCode>>
}
