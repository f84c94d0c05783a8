import type { QueryFacts } from '../facts.js'

export interface Split {
  readonly nodes: readonly { readonly name: string; readonly query: string; readonly key: readonly string[] }[]
  readonly query: string
}

export function splitQuery(_facts: QueryFacts, _nodeName: (number: number) => string): Split | undefined {
  return undefined
}
