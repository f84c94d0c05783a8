import { blurred, type Grammar, type Query, type Scope } from './grammar.js'
import { grouped } from './grouped.js'
import { plainSelect } from './plain.js'

/** The first rows in an order that leaves nothing open, but for rows that are alike in everything. */
export function limited(g: Grammar, outer: Scope | undefined, depth: number): Query {
  const whole = g.random.chance(0.5) ? grouped(g, outer, depth, false) : plainSelect(g, outer, depth)
  if (whole.columns.some(({ kind }) => kind === 'noisy')) return whole
  // Of rows that are equal and look different, any may be the last.
  const made = { ...whole, columns: blurred(whole.columns) }
  const names = made.columns.map(({ name }) => name)
  const first = g.random.pick(names)
  const order = [first, ...names.filter((name) => name !== first)]
  const [leading, ...others] = order
  const direction = g.random.pick(['', ' DESC', ' DESC NULLS LAST', ' NULLS FIRST'])
  const by = [`${leading}${direction}`, ...others].join(', ')
  const roll = g.random.next()
  const count = g.random.int(1, 4)
  if (roll < 0.2) {
    g.tag('with ties')
    return { ...made, sql: `${made.sql} ORDER BY ${leading}${direction} FETCH FIRST ${count} ROWS WITH TIES` }
  }
  if (roll < 0.3) {
    g.tag('order by')
    return { ...made, sql: `${made.sql} ORDER BY ${by}` }
  }
  g.tag('limit')
  const offset = g.random.chance(0.3) ? ` OFFSET ${g.random.int(1, 2)}` : ''
  return {
    ...made,
    sql: `${made.sql} ORDER BY ${by}${roll < 0.4 ? offset || ' OFFSET 1' : ` LIMIT ${count}${offset}`}`,
  }
}
