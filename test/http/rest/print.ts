import type { RestQuery } from '../../../src/http/rest/parse.js'
import type { Selected } from '../../../src/http/rest/select.js'
import type { ColumnPath, Condition, OrderTerm } from '../../../src/read/query.js'

/** A query as a query string that means it: the way back of `parseQuery`. Everything that can be in quotes is. */
export function printQuery(query: RestQuery): string {
  const parameters: [string, string][] = [['select', query.select.map(printSelected).join(',')]]
  if (query.where !== undefined) parameters.push(printWhere(query.where))
  if (query.order !== undefined) parameters.push(['order', query.order.map(printTerm).join(',')])
  if (query.limit !== undefined) parameters.push(['limit', String(query.limit)])
  if (query.offset !== undefined) parameters.push(['offset', String(query.offset)])
  if (query.fresh) parameters.push(['fresh', '1'])
  if (!query.defaults) parameters.push(['defaults', '0'])
  return parameters.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&')
}

export function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`
}

function printColumn({ column, steps }: ColumnPath): string {
  const printed = steps.map(
    ({ key, asText }) => `${asText ? '->>' : '->'}${typeof key === 'number' ? key : quote(key)}`,
  )
  return quote(column) + printed.join('')
}

function printSelected(selected: Selected): string {
  if (selected === '*') return selected
  const alias = selected.alias === undefined ? '' : `${quote(selected.alias)}:`
  const cast = selected.cast === undefined ? '' : `::${selected.cast}`
  return `${alias}${printColumn(selected.source)}${cast}`
}

function printTerm({ column, descending, nulls }: OrderTerm): string {
  return `${printColumn(column)}.${descending ? 'desc' : 'asc'}${nulls === undefined ? '' : `.nulls${nulls}`}`
}

function printWhere(where: Condition): [string, string] {
  const { negated, inner } = bare(where)
  const not = negated ? 'not.' : ''
  if ('conditions' in inner) return [`${not}${inner.kind}`, list(inner.conditions)]
  return [printColumn(inner.column), `${not}${printOperation(inner, (value) => value)}`]
}

function list(conditions: readonly Condition[]): string {
  return `(${conditions.map(printNested).join(',')})`
}

function printNested(condition: Condition): string {
  const { negated, inner } = bare(condition)
  const not = negated ? 'not.' : ''
  if ('conditions' in inner) return `${not}${inner.kind}${list(inner.conditions)}`
  return `${printColumn(inner.column)}.${not}${printOperation(inner, quote)}`
}

type Group = Extract<Condition, { conditions: unknown }>
type Leaf = Extract<Condition, { column: unknown }>

function bare(condition: Condition): { negated: boolean; inner: Group | Leaf } {
  if (condition.kind !== 'not') return { negated: false, inner: condition }
  if (condition.condition.kind === 'not') throw new Error('a negation of a negation cannot be written')
  return { negated: true, inner: condition.condition }
}

function printOperation(leaf: Leaf, printValue: (value: string) => string): string {
  switch (leaf.kind) {
    case 'in':
      return `in.(${leaf.values.map(quote).join(',')})`
    case 'is':
      return `is.${leaf.truth}`
    case 'search':
      return `${leaf.search}${leaf.language === undefined ? '' : `(${leaf.language})`}.${printValue(leaf.words)}`
    case 'compare':
      return leaf.quantifier === undefined
        ? `${leaf.operator}.${printValue(leaf.values[0] ?? '')}`
        : `${leaf.operator}(${leaf.quantifier}).{${leaf.values.map(quote).join(',')}}`
  }
}
