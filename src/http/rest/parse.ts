import type { Condition, OrderTerm } from '../../read/query.js'
import { restError } from './errors.js'
import { Budget, embedded, parseFilter, parseLogic } from './filters.js'
import { parseOrder } from './order.js'
import { readParameters } from './parameters.js'
import { everyColumn, parseSelect, type Selected } from './select.js'

/** A query string, understood. */
export interface RestQuery {
  readonly select: readonly Selected[]
  readonly where?: Condition
  readonly order?: readonly OrderTerm[]
  readonly limit?: number
  readonly offset?: number
  /** Compute the rows now. */
  readonly fresh: boolean
  /** The view's own filter holds. */
  readonly defaults: boolean
}

const logic: ReadonlySet<string> = new Set(['and', 'or', 'not.and', 'not.or'])
const once: ReadonlySet<string> = new Set(['select', 'order', 'limit', 'offset', 'fresh', 'defaults'])
/** A column can have such a name: a filter on it has a dot, and no switch has. */
const switches: ReadonlySet<string> = new Set(['fresh', 'defaults'])

/** Reads PostgREST's grammar. Throws nothing but `RestError`s. */
export function parseQuery(queryString: string): RestQuery {
  const conditions: Condition[] = []
  const single = new Map<string, string>()
  const budget = new Budget()
  for (const { key, value } of readParameters(queryString)) {
    if (once.has(key) && !(switches.has(key) && value.includes('.'))) {
      if (single.has(key)) throw twice(key)
      single.set(key, value)
    } else if (logic.has(key)) {
      conditions.push(parseLogic(key, value, budget))
    } else if (/\.(?:select|order|limit|offset|and|or)$/.test(key)) {
      throw embedded(key)
    } else {
      conditions.push(parseFilter(key, value, budget))
    }
  }
  return { ...whereOf(conditions), ...rest(single) }
}

function whereOf(conditions: readonly Condition[]): { where?: Condition } {
  const [first, ...more] = conditions
  if (first === undefined) return {}
  return { where: more.length === 0 ? first : { kind: 'and', conditions } }
}

function rest(single: ReadonlyMap<string, string>): Omit<RestQuery, 'where'> {
  const select = single.get('select')
  const order = single.get('order')
  const limit = single.get('limit')
  const offset = single.get('offset')
  return {
    select: select === undefined ? [everyColumn] : parseSelect(select),
    ...(order === undefined ? {} : { order: parseOrder(order) }),
    ...(limit === undefined ? {} : { limit: count('limit', limit) }),
    ...(offset === undefined ? {} : { offset: count('offset', offset) }),
    fresh: isOn('fresh', single.get('fresh') ?? '0'),
    defaults: isOn('defaults', single.get('defaults') ?? '1'),
  }
}

function count(key: string, value: string): number {
  if (/^[0-9]{1,15}$/.test(value)) return Number(value)
  if (/^-[0-9]+$/.test(value)) {
    throw restError(416, 'PGRST103', 'The range that was asked for cannot be given', {
      details: `The parameter "${key}" is less than 0.`,
    })
  }
  throw restError(400, 'PGRST100', `The parameter "${key}" was not understood`, {
    details: 'It is a whole number of rows.',
  })
}

function isOn(key: string, value: string): boolean {
  if (value === '0' || value === 'false') return false
  if (value === '1' || value === 'true') return true
  throw restError(400, 'PGRST100', `The parameter "${key}" was not understood`, {
    details: 'It is 1 or 0.',
    hint: `A filter on a column of this name is written "${key}=eq.value".`,
  })
}

function twice(key: string): Error {
  return restError(400, 'PGRST100', `The parameter "${key}" is given more than once`, {
    hint: key === 'order' || key === 'select' ? 'Columns are separated by commas.' : undefined,
  })
}
