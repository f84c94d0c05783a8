import type { SelectStmt } from '@pgsql/types'
import type { BlockItem, SelectBlock } from '../ir/types.js'
import { type Node, rewrite, walk } from '../parse/ast.js'

export function target(val: Node, name: string): Node {
  return { ResTarget: { name, val } }
}

/** A relation in FROM. */
export function relation(schemaname: string, relname: string, alias: string): Node {
  return { RangeVar: { schemaname, relname, inh: true, relpersistence: 'p', alias: { aliasname: alias } } }
}

/** Every query that stands in the text, at whatever depth. */
export function queriesIn(ast: SelectStmt): ReadonlySet<SelectStmt> {
  const found = new Set<SelectStmt>([ast])
  const note = (arm: SelectStmt | undefined): void => {
    if (arm === undefined) return
    found.add(arm)
    note(arm.larg)
    note(arm.rarg)
  }
  note(ast)
  walk(ast, (kind, body) => {
    if (kind === 'SelectStmt') note(body as SelectStmt)
    return undefined
  })
  return found
}

/** The text with some of its queries replaced. What replaces one is itself searched, the query that it came from aside. */
export function replaceQueries(ast: SelectStmt, replaced: ReadonlyMap<SelectStmt, SelectStmt>): SelectStmt {
  return rewrite(ast, (value) => replaced.get(value as SelectStmt))
}

/** A name that nothing in the text has, so that it can mean nothing else. */
export function freshName(tree: unknown, wanted: string): string {
  const text = JSON.stringify(tree)
  for (let number = 0; ; number++) {
    const name = number === 0 ? wanted : `${wanted}_${number}`
    if (!text.includes(JSON.stringify(name))) return name
  }
}

/** Reads nothing of the rows around it. */
export function isOwn({ correlated, closed }: BlockItem): boolean {
  return !correlated && closed
}

/** Each row of FROM that satisfies WHERE is a row of it: nothing is grouped, left out or put in order. */
export function isPlain(block: SelectBlock): boolean {
  return (
    block.group === undefined &&
    block.distinct === 'no' &&
    block.partitions.length === 0 &&
    !block.limited &&
    !block.outputs.some(({ expression }) => expression.setReturning || expression.window)
  )
}
