import {
  type ColumnPath,
  type Comparison,
  type Condition,
  comparisons,
  type TextSearch,
  type Truth,
  textSearches,
} from '../../read/query.js'
import { readArray } from './arrayLiteral.js'
import { readColumn } from './columns.js'
import { restError } from './errors.js'
import { excerpt, Scanner } from './scanner.js'

/** What one request may ask for. */
export const bounds = { depth: 16, conditions: 250, values: 10_000 } as const

const operators = ['in', 'is', ...Object.keys(comparisons), ...Object.keys(textSearches)]
const quantified: ReadonlySet<string> = new Set([
  'eq',
  'gt',
  'gte',
  'lt',
  'lte',
  'like',
  'ilike',
  'match',
  'imatch',
] satisfies Comparison[])
const truths: readonly Truth[] = ['null', 'not_null', 'true', 'false', 'unknown']

/** Counts the conditions of a request, and refuses one too many. */
export class Budget {
  #conditions = 0

  spend(): void {
    if (++this.#conditions <= bounds.conditions) return
    throw restError(400, 'PGRST100', 'The request has too many conditions', {
      details: `At most ${bounds.conditions} are allowed.`,
      hint: 'Values of one column go in one list: "in.(a,b,c)".',
    })
  }
}

/** `column=operator.value` */
export function parseFilter(key: string, value: string, budget: Budget): Condition {
  const name = new Scanner(key, `The parameter "${excerpt(key)}"`)
  const column = readColumn(name)
  if (name.sees('.')) throw embedded(key)
  name.end('Names with other characters than letters, digits, "_", "$", "-" and spaces go in double quotes.')
  const scanner = new Scanner(value, `The filter on "${excerpt(key)}"`)
  const condition = readOperation(scanner, column, budget, (inner) => inner.rest())
  scanner.end()
  return condition
}

/** `and=(…)`, `or=(…)`, `not.and=(…)`, `not.or=(…)` */
export function parseLogic(key: string, value: string, budget: Budget): Condition {
  const scanner = new Scanner(value, `The parameter "${key}"`)
  const condition = readGroup(scanner, key, budget, 0)
  scanner.end()
  return condition
}

export function embedded(key: string): Error {
  return restError(400, 'PGRST108', `"${excerpt(key)}" is for an embedded resource, and there are none`, {
    hint: 'A column whose name has a dot in it goes in double quotes.',
  })
}

function readCondition(scanner: Scanner, budget: Budget, depth: number): Condition {
  scanner.skipSpace()
  const logic = scanner.match(/(?:not\.)?(?:and|or)(?=[ \t]*\()/y)
  if (logic === undefined) {
    const column = readColumn(scanner)
    scanner.skipSpace()
    scanner.expect('.', 'A condition is written "column.operator.value".')
    return readOperation(scanner, column, budget, readNestedValue)
  }
  return readGroup(scanner, logic, budget, depth)
}

function readGroup(scanner: Scanner, logic: string, budget: Budget, depth: number): Condition {
  if (depth === bounds.depth) scanner.fail(`conditions that are nested at most ${bounds.depth} deep`)
  budget.spend()
  const condition: Condition = {
    kind: logic.endsWith('and') ? 'and' : 'or',
    conditions: readConditions(scanner, budget, depth + 1),
  }
  return logic.startsWith('not.') ? { kind: 'not', condition } : condition
}

function readConditions(scanner: Scanner, budget: Budget, depth: number): Condition[] {
  const conditions: Condition[] = []
  scanner.skipSpace()
  scanner.expect('(')
  do {
    conditions.push(readCondition(scanner, budget, depth))
    scanner.skipSpace()
  } while (scanner.take(','))
  scanner.expect(')', 'Values that have commas or parentheses in them go in double quotes.')
  scanner.skipSpace()
  return conditions
}

type ReadValue = (scanner: Scanner) => string

function readOperation(scanner: Scanner, column: ColumnPath, budget: Budget, readValue: ReadValue): Condition {
  budget.spend()
  if (!scanner.take('not.')) return readPlain(scanner, column, readValue)
  return { kind: 'not', condition: readPlain(scanner, column, readValue) }
}

function readPlain(scanner: Scanner, column: ColumnPath, readValue: ReadValue): Condition {
  const start = scanner.at
  const operator = scanner.match(/[a-z]+(?=[.(])/y) ?? ''
  if (operator === 'in') return { kind: 'in', column, values: readList(scanner) }
  if (operator === 'is') return { kind: 'is', column, truth: readTruth(scanner) }
  if (isSearch(operator)) return readSearch(scanner, column, operator, readValue)
  if (isComparison(operator)) return readComparison(scanner, column, operator, readValue)
  scanner.at = start
  return scanner.fail('an operator', `Operators are ${operators.join(', ')}, each with a dot and its value behind it.`)
}

function isSearch(operator: string): operator is TextSearch {
  return Object.hasOwn(textSearches, operator)
}

function isComparison(operator: string): operator is Comparison {
  return Object.hasOwn(comparisons, operator)
}

function readComparison(scanner: Scanner, column: ColumnPath, operator: Comparison, readValue: ReadValue): Condition {
  const pattern = operator === 'like' || operator === 'ilike'
  const asPattern = (value: string) => (pattern ? value.replaceAll('*', '%') : value)
  const quantifier = scanner.take('(any)') ? 'any' : scanner.take('(all)') ? 'all' : undefined
  if (quantifier === undefined) {
    scanner.expect('.')
    return { kind: 'compare', column, operator, values: [asPattern(readValue(scanner))] }
  }
  if (!quantified.has(operator)) {
    scanner.fail(`"${operator}" without "(${quantifier})"`, `These can have it: ${[...quantified].join(', ')}.`)
  }
  scanner.expect('.')
  const values = readArrayValue(scanner, readValue).map(asPattern)
  return { kind: 'compare', column, operator, values, quantifier }
}

/** Inside of a nested condition the array can be in quotes as a whole. */
function readArrayValue(scanner: Scanner, readValue: ReadValue): string[] {
  if (scanner.next() === '{') return readArray(scanner, bounds.values)
  const inner = new Scanner(readValue(scanner), scanner.what)
  const values = readArray(inner, bounds.values)
  inner.end()
  return values
}

function readSearch(scanner: Scanner, column: ColumnPath, search: TextSearch, readValue: ReadValue): Condition {
  let language: string | undefined
  if (scanner.take('(')) {
    language = scanner.match(/[\p{L}\p{N}_$ ]+/uy)?.trim()
    if (language === undefined || language === '') scanner.fail('the name of a text search configuration')
    scanner.expect(')')
  }
  scanner.expect('.')
  return { kind: 'search', column, search, words: readValue(scanner), ...(language === undefined ? {} : { language }) }
}

function readTruth(scanner: Scanner): Truth {
  scanner.expect('.')
  const start = scanner.at
  const word = scanner.match(/[a-z_]+/iy)?.toLowerCase()
  const truth = truths.find((known) => known === word)
  if (truth !== undefined) return truth
  scanner.at = start
  return scanner.fail(`one of ${truths.join(', ')}`)
}

/** `.(a,"b,c")`; `.()` has no values. */
function readList(scanner: Scanner): string[] {
  scanner.expect('.')
  scanner.skipSpace()
  scanner.expect('(', 'The values go in parentheses: in.(a,b).')
  const values: string[] = []
  if (scanner.take(')')) return values
  do {
    if (values.length === bounds.values) scanner.fail(`at most ${bounds.values} values`)
    values.push(readDelimited(scanner))
  } while (scanner.take(','))
  scanner.expect(')')
  scanner.skipSpace()
  return values
}

/** A value that ends with the next comma or parenthesis. In quotes it can have these in it. */
function readDelimited(scanner: Scanner): string {
  const start = scanner.at
  const quoted = scanner.quoted()
  if (quoted !== undefined && (scanner.done || scanner.sees(',') || scanner.sees(')'))) return quoted
  // Quotes that do not enclose the whole value are part of it.
  scanner.at = start
  return scanner.match(/[^,)]*/y) ?? ''
}

/** As in a list; an array of one dimension can also stand without quotes. */
function readNestedValue(scanner: Scanner): string {
  return scanner.match(/\{[^{}]*\}/y) ?? readDelimited(scanner)
}
