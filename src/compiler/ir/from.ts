import type { JoinExpr, RangeFunction, RangeSubselect, RangeVar } from '@pgsql/types'
import { type RelationFacts, relationKey } from '../facts.js'
import { kindOf, type Node, names } from '../parse/ast.js'
import { parseSelect } from '../parse/parse.js'
import { placeOf } from '../places/place.js'
import { constantRows, distinctColumns, valuesColumns } from './constants.js'
import {
  columnFields,
  conjuncts,
  equalitySides,
  namesColumnOf,
  readExpression,
  resolveColumn,
  resolveEnclosing,
} from './expression.js'
import { type BuildScope, Unresolved } from './scope.js'
import { isDeterministic, subqueriesIn } from './subqueries.js'
import {
  type BlockItem,
  type Condition,
  type Correlation,
  type Equality,
  type FromItem,
  type ItemColumn,
  outputNames,
  type Subquery,
} from './types.js'

/** Flattens a FROM clause into items, the equalities between them, and which outer joins can make an item NULL. */
export class FromBuilder {
  readonly items: FromItem[] = []
  readonly equalities: Equality[] = []
  readonly conditions: Condition[] = []
  readonly correlations: Correlation[] = []
  readonly subqueries: Subquery[] = []
  outerJoins = 0
  fullJoins = false

  constructor(private readonly scope: BuildScope) {}

  add(node: Node, nullableBy: readonly number[]): void {
    if ('RangeVar' in node) this.addRelation(node.RangeVar, nullableBy)
    else if ('RangeSubselect' in node) this.addSubselect(node.RangeSubselect, nullableBy)
    else if ('RangeFunction' in node) this.addFunction(node.RangeFunction, nullableBy)
    else if ('JoinExpr' in node) this.addJoin(node.JoinExpr, nullableBy)
    else throw new Unresolved('unresolved', unknownItem(node), placeOf(node))
  }

  /**
   * Takes from a condition what says that two columns are equal, what it asks of one table, and its subqueries; the
   * rest is left out.
   */
  addCondition(condition: Node, within: readonly number[]): void {
    const sides = equalitySides(condition)
    this.addOwnCondition(condition, within)
    this.subqueries.push(...subqueriesIn(condition, true, { items: this.items, scope: this.scope, within }))
    if (sides === undefined) return
    const [left, right] = sides.map((side) => this.plainColumn(side))
    if (left !== undefined && right !== undefined) {
      if (left.item !== right.item) this.addEquality(left, right, within)
    } else if (within.length === 0) {
      if (left !== undefined) this.addCorrelation(left, sides[1])
      if (right !== undefined) this.addCorrelation(right, sides[0])
    }
  }

  private addCorrelation(column: ItemColumn, other: Node): void {
    const fields = columnFields(other)
    const outer = fields && resolveEnclosing(fields, this.scope.enclosing)
    if (outer === undefined || !isDeterministic(outer.items, outer) || !isDeterministic(this.items, column)) return
    this.correlations.push({ column, outer })
  }

  private addOwnCondition(ast: Node, within: readonly number[]): void {
    const read = readExpression(ast, { items: this.items, facts: this.scope.facts })
    const item = read.columns[0]?.item
    if (item === undefined || this.items[item]?.kind !== 'table') return
    if (read.outer || read.subquery || read.columns.some((column) => column.item !== item)) return
    this.conditions.push({ ast, item, columns: read.columns, within })
  }

  private addEquality(left: ItemColumn, right: ItemColumn, within: readonly number[]): void {
    if (!isDeterministic(this.items, left) || !isDeterministic(this.items, right)) return
    this.equalities.push({ left, right, within })
  }

  private plainColumn(node: Node): ItemColumn | undefined {
    const fields = columnFields(node)
    return fields && resolveColumn(fields, this.items)
  }

  private addRelation(range: RangeVar, nullableBy: readonly number[]): void {
    const ast: Node = { RangeVar: range }
    const name = range.relname ?? ''
    const alias = range.alias?.aliasname ?? name
    const renamed = names(range.alias?.colnames)
    const cte = range.schemaname === undefined ? this.scope.ctes.get(name) : undefined
    if (cte !== undefined) {
      if (cte.select === undefined || cte.recursive) {
        throw new Unresolved('recursive', `the recursive query "${name}"`, cte.place)
      }
      const rows = constantRows(cte.select)
      if (rows !== undefined) {
        const range: RangeSubselect = { subquery: { SelectStmt: cte.select } }
        this.addValues(range, rows, { alias, columns: overlay(cte.columns, renamed), nullableBy })
        return
      }
      const block = this.scope.build(cte.select, cte.scope)
      const own = cte.columns.length > 0 ? cte.columns : outputNames(block)
      const closed = !cte.open && !this.isOpen()
      this.addBlock({ alias, ast, block, columns: overlay(own, renamed), nullableBy, closed })
      return
    }
    const relation = this.scope.facts.relations.get(relationKey(range.schemaname ?? 'pg_catalog', name))
    if (relation === undefined) throw new Unresolved('unresolved', `the relation "${name}"`, { node: range })
    if (relation.kind === 'view' && relation.definition !== undefined) {
      this.addView(relation, { alias, ast, nullableBy }, renamed)
      return
    }
    const sourceColumns = relation.columns.map((column) => column.name)
    this.items.push({
      kind: 'table',
      relation,
      alias,
      ast,
      columns: overlay(sourceColumns, renamed),
      sourceColumns,
      nullableBy,
    })
  }

  private addView(
    relation: RelationFacts,
    item: Pick<BlockItem, 'alias' | 'ast' | 'nullableBy'>,
    renamed: readonly string[],
  ): void {
    const key = relationKey(relation.schema, relation.name)
    if (this.scope.expanding.includes(key)) throw new Unresolved('recursive', `the view "${key}" reads itself`)
    const inside: BuildScope = {
      ...this.scope,
      ctes: new Map(),
      with: [],
      enclosing: [],
      expanding: [...this.scope.expanding, key],
    }
    const block = this.scope.build(parseSelect(relation.definition ?? ''), inside)
    const own = relation.columns.map((column) => column.name)
    this.addBlock({ ...item, block, columns: overlay(own, renamed) })
  }

  private addBlock(
    item: Pick<BlockItem, 'alias' | 'ast' | 'block' | 'columns' | 'nullableBy'> &
      Partial<Pick<BlockItem, 'correlated' | 'closed'>>,
  ): void {
    this.items.push({ kind: 'block', correlated: false, closed: true, ...item })
  }

  /** A WITH query that can be named here reads columns from outside. */
  private isOpen(): boolean {
    return [...this.scope.ctes.values()].some((cte) => cte.open)
  }

  private addSubselect(range: RangeSubselect, nullableBy: readonly number[]): void {
    const query = range.subquery
    if (query === undefined || !('SelectStmt' in query)) throw new Unresolved('unresolved', 'a subquery in FROM')
    const rows = constantRows(query.SelectStmt)
    if (rows !== undefined) {
      const place = { alias: range.alias?.aliasname ?? '', columns: names(range.alias?.colnames), nullableBy }
      this.addValues(range, rows, place)
      return
    }
    const lateral = range.lateral ?? false
    const enclosing = lateral ? [...this.scope.enclosing, this.items] : this.scope.enclosing
    const correlated = lateral && namesColumnOf(query, [this.items])
    const closed = !this.isOpen() && !namesColumnOf(query, enclosing)
    const block = this.scope.build(query.SelectStmt, { ...this.scope, enclosing })
    const columns = overlay(outputNames(block), names(range.alias?.colnames))
    const alias = range.alias?.aliasname ?? ''
    this.addBlock({ alias, ast: { RangeSubselect: range }, block, columns, nullableBy, correlated, closed })
  }

  /** A VALUES list of constants: like a function that is called without arguments, nothing changes in it. */
  private addValues(
    range: RangeSubselect,
    rows: readonly (readonly Node[])[],
    { alias, columns: renamed, nullableBy }: Pick<FromItem, 'alias' | 'columns' | 'nullableBy'>,
  ): void {
    const columns = overlay(valuesColumns(rows), renamed)
    this.items.push({
      kind: 'function',
      alias,
      ast: { RangeSubselect: range },
      columns,
      arguments: [],
      correlatedOutside: false,
      ordinality: false,
      functionNames: [],
      keys: distinctColumns(rows, columns),
      nullableBy,
    })
  }

  private addFunction(range: RangeFunction, nullableBy: readonly number[]): void {
    const calls: Node[] = []
    for (const node of range.functions ?? []) {
      const first = 'List' in node ? node.List.items?.[0] : undefined
      if (first !== undefined) calls.push(first)
    }
    this.subqueries.push(
      ...subqueriesIn(range.functions, false, { items: this.items, scope: this.scope, within: nullableBy }),
    )
    const scope = { items: this.items, facts: this.scope.facts }
    const reads = calls.map((call) => readExpression(call, scope))
    const functionNames = calls.map((call) => ('FuncCall' in call ? (names(call.FuncCall.funcname).at(-1) ?? '') : ''))
    const alias = range.alias?.aliasname ?? functionNames[0] ?? ''
    const named = [
      ...names(range.alias?.colnames),
      ...(range.coldeflist ?? []).map((column) => ('ColumnDef' in column ? (column.ColumnDef.colname ?? '') : '')),
    ]
    this.items.push({
      kind: 'function',
      alias,
      ast: { RangeFunction: range },
      columns: named.length > 0 ? named : [alias],
      arguments: reads.flatMap((read) => read.columns),
      correlatedOutside: reads.some((read) => read.outer || read.subquery),
      ordinality: range.ordinality ?? false,
      functionNames,
      keys: [],
      nullableBy,
    })
  }

  private addJoin(join: JoinExpr, nullableBy: readonly number[]): void {
    if (join.larg === undefined || join.rarg === undefined) throw new Unresolved('unresolved', 'a join')
    if (join.alias !== undefined) {
      throw new Unresolved('unresolved', 'a join with an alias of its own', { node: join })
    }
    let leftNullable = nullableBy
    let rightNullable = nullableBy
    const within = [...nullableBy]
    if (join.jointype === 'JOIN_LEFT' || join.jointype === 'JOIN_FULL') {
      const number = this.outerJoins++
      rightNullable = [...nullableBy, number]
      within.push(number)
    }
    if (join.jointype === 'JOIN_RIGHT' || join.jointype === 'JOIN_FULL') {
      const number = this.outerJoins++
      leftNullable = [...nullableBy, number]
      within.push(number)
    }
    if (join.jointype === 'JOIN_FULL') this.fullJoins = true
    const start = this.items.length
    this.add(join.larg, leftNullable)
    const middle = this.items.length
    this.add(join.rarg, rightNullable)
    for (const condition of conjuncts(join.quals)) this.addCondition(condition, within)
    for (const column of names(join.usingClause)) this.addUsing(column, start, middle, within)
  }

  private addUsing(column: string, start: number, middle: number, within: readonly number[]): void {
    const left = this.items.findIndex(
      (item, index) => index >= start && index < middle && item.columns.includes(column),
    )
    const right = this.items.findIndex((item, index) => index >= middle && item.columns.includes(column))
    if (left >= 0 && right >= 0) this.addEquality({ item: left, column }, { item: right, column }, within)
  }
}

const itemKinds: Readonly<Record<string, string>> = {
  RangeTableSample: 'TABLESAMPLE',
  RangeTableFunc: 'XMLTABLE',
  JsonTable: 'JSON_TABLE',
}

function unknownItem(node: Node): string {
  const kind = kindOf(node) ?? ''
  return itemKinds[kind] ?? `a FROM item of the kind ${kind}`
}

/** Column aliases name the first columns; the rest keep their own names. */
function overlay(own: readonly string[], aliases: readonly string[]): string[] {
  return own.map((name, index) => aliases[index] ?? name)
}
