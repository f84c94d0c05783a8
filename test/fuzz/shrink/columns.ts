import { parseSync } from 'libpg-query'
import { kindOf } from '../../../src/compiler/parse/ast.js'
import type { Case } from '../case.js'
import { written } from './query.js'

interface Plain {
  readonly [key: string]: unknown
}

/** A case for each column of its tables: without it in the table, and in what is written to it. */
export function* withoutColumns(made: Case): Generator<Case> {
  for (const statement of made.schema) {
    const { CreateStmt: table } = bodyOf(statement)
    if (table === undefined) continue
    const name = (table.relation as Plain).relname
    for (const element of listOf(table.tableElts)) {
      const { ColumnDef: column } = element
      if (column !== undefined) yield withoutColumn(made, String(name), String((column as Plain).colname))
    }
  }
}

function withoutColumn(made: Case, table: string, column: string): Case {
  const change = (sql: string): string => changed(sql, table, column)
  return {
    ...made,
    schema: made.schema.map(change).filter((sql) => !indexes(sql, table, column)),
    data: made.data.map(change),
    rounds: made.rounds.map((round) => ({
      ...round,
      steps: round.steps.map((step) => ({ ...step, sql: change(step.sql) })),
    })),
  }
}

function changed(sql: string, table: string, column: string): string {
  const body = bodyOf(sql)
  const [kind = ''] = Object.keys(body)
  const statement = body[kind]
  if (statement === undefined || (statement.relation as Plain | undefined)?.relname !== table) return sql
  const less = lessOf(kind, statement, column)
  return (less && written({ [kind]: less })) ?? sql
}

function lessOf(kind: string, statement: Plain, column: string): Plain | undefined {
  if (kind === 'CreateStmt') {
    return { ...statement, tableElts: listOf(statement.tableElts).filter((element) => !isAbout(element, column)) }
  }
  if (kind === 'UpdateStmt') {
    const left = listOf(statement.targetList).filter(({ ResTarget: target }) => (target as Plain).name !== column)
    return left.length === 0 ? undefined : { ...statement, targetList: left }
  }
  if (kind !== 'InsertStmt') return undefined
  const columns = listOf(statement.cols)
  const place = columns.findIndex(({ ResTarget: target }) => (target as Plain).name === column)
  const { SelectStmt: select } = (statement.selectStmt ?? {}) as { SelectStmt?: Plain }
  if (place < 0 || columns.length < 2 || select === undefined) return undefined
  const without = (items: unknown): unknown => listOf(items).filter((_, index) => index !== place)
  const rows = listOf(select.valuesLists).map(({ List: list }) => ({ List: { items: without((list as Plain).items) } }))
  const given = rows.length > 0 ? { valuesLists: rows } : { targetList: without(select.targetList) }
  return { ...statement, cols: without(columns), selectStmt: { SelectStmt: { ...select, ...given } } }
}

/** The column itself, or a constraint on it. */
function isAbout({ ColumnDef: definition, Constraint: constraint }: Plain, column: string): boolean {
  if (definition !== undefined) return (definition as Plain).colname === column
  const { keys, fk_attrs: referring } = (constraint ?? {}) as Plain
  return [...listOf(keys), ...listOf(referring)].some(({ String: name }) => (name as Plain).sval === column)
}

function indexes(sql: string, table: string, column: string): boolean {
  const { IndexStmt: index } = bodyOf(sql)
  if (index === undefined || (index.relation as Plain).relname !== table) return false
  return listOf(index.indexParams).some(({ IndexElem: element }) => (element as Plain).name === column)
}

function bodyOf(sql: string): { readonly [kind: string]: Plain } {
  const tree = parseSync(sql).stmts?.[0]?.stmt
  return tree === undefined || kindOf(tree) === undefined ? {} : (tree as unknown as { [kind: string]: Plain })
}

function listOf(items: unknown): Plain[] {
  return Array.isArray(items) ? (items as Plain[]) : []
}
