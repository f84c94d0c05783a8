import { findColumn } from '../columns.js'
import { invalidRead } from '../errors.js'
import type { ColumnFacts, ViewFacts } from '../facts.js'
import type { Comparison, Condition } from '../query.js'
import { encode, textOf } from './encode.js'

type Plain = Readonly<Record<string, unknown>>

const operators: Readonly<Record<string, Comparison>> = {
  eq: 'eq',
  ne: 'neq',
  gt: 'gt',
  gte: 'gte',
  lt: 'lt',
  lte: 'lte',
  like: 'like',
  ilike: 'ilike',
  match: 'match',
  imatch: 'imatch',
  contains: 'cs',
  containedBy: 'cd',
  overlaps: 'ov',
}

/** A filter, as the one form of a read has it. */
export function whereOf(view: ViewFacts, filter: Plain): Condition {
  const conditions = Object.entries(filter).flatMap(([name, wanted]): Condition[] => {
    if (name === '$and' || name === '$or') {
      const kind = name === '$and' ? 'and' : 'or'
      return [{ kind, conditions: list(name, wanted).map((one) => whereOf(view, one as Plain)) }]
    }
    if (name === '$not') return [{ kind: 'not', condition: whereOf(view, wanted as Plain) }]
    return columnConditions(findColumn(view, name), wanted)
  })
  return { kind: 'and', conditions }
}

function columnConditions(column: ColumnFacts, wanted: unknown): Condition[] {
  const path = { column: column.name, steps: [] }
  if (wanted === null) return [{ kind: 'is', column: path, truth: 'null' }]
  if (!isComparing(wanted)) {
    return [{ kind: 'compare', column: path, operator: 'eq', values: [encode(column, wanted)] }]
  }
  return Object.entries(wanted).map(([name, value]): Condition => {
    if (name === 'isNull') {
      if (typeof value !== 'boolean') throw invalidRead('"isNull" is true or false.')
      return { kind: 'is', column: path, truth: value ? 'null' : 'not_null' }
    }
    if (name === 'in' || name === 'notIn') {
      const values = list(name, value).map((one) => encode(column, one))
      const within: Condition = { kind: 'in', column: path, values }
      return name === 'in' ? within : { kind: 'not', condition: within }
    }
    const operator = Object.hasOwn(operators, name) ? operators[name] : undefined
    if (operator === undefined) throw invalidRead(`There is no comparison "${name}".`)
    if (value === null) throw invalidRead(`"${name}" compares "${column.name}" with null, which is never true.`)
    const text = isPattern(name) && typeof value === 'string' ? textOf(value) : encode(column, value)
    return { kind: 'compare', column: path, operator, values: [text] }
  })
}

function isPattern(name: string): boolean {
  return name === 'like' || name === 'ilike' || name === 'match' || name === 'imatch'
}

/** An object of comparisons, and no value: a date, JSON or an interval. */
function isComparing(wanted: unknown): wanted is Plain {
  if (typeof wanted !== 'object' || wanted === null) return false
  const prototype: unknown = Object.getPrototypeOf(wanted)
  const names = Object.keys(wanted)
  const plain = prototype === Object.prototype || prototype === null
  return plain && names.length > 0 && names.every((name) => isName(name))
}

function isName(name: string): boolean {
  return Object.hasOwn(operators, name) || name === 'isNull' || name === 'in' || name === 'notIn'
}

function list(name: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw invalidRead(`"${name}" takes a list.`)
}
