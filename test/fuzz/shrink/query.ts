import { parseSync } from 'libpg-query'
import type { Node } from '../../../src/compiler/parse/ast.js'
import { textOf } from '../../../src/compiler/parse/deparse.js'
import { smallerTrees } from './tree.js'

/** Shorter texts of one statement, the shortest first. Most of them are none that PostgreSQL takes. */
export function smallerStatements(sql: string): string[] {
  const tree = parseSync(sql).stmts?.[0]?.stmt
  if (tree === undefined) return []
  const texts = new Set<string>()
  for (const candidate of smallerTrees(tree)) {
    const text = written(candidate)
    if (text !== undefined && text.length < sql.length) texts.add(text)
  }
  texts.delete(sql)
  return [...texts].sort((a, b) => a.length - b.length)
}

/** As it will be written from the first step on: without what the writer's hand adds. */
export function rewritten(sql: string): string {
  const tree = parseSync(sql).stmts?.[0]?.stmt
  return (tree && written(tree)) ?? sql
}

/** Undefined for a tree that is no statement. */
export function written(tree: object): string | undefined {
  try {
    return textOf(tree as Node)
  } catch {
    return undefined
  }
}
