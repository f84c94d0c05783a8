import { looksTheSame } from '../kinds.js'
import { type Expression, expression, type Grammar, ofKind, type Scope, totalOrder, usable } from './grammar.js'
import { sortable } from './subqueries.js'

/** A window function whose value does not depend on how rows that sort alike are ordered. */
export function windowFunction(g: Grammar, scope: Scope, partition: readonly Expression[]): Expression | undefined {
  const columns = usable(scope)
  const some = columns.length > 0 ? g.random.pick(columns) : undefined
  if (some === undefined) return undefined
  const by = partition.length > 0 ? `PARTITION BY ${partition.map(({ sql }) => sql).join(', ')}` : ''
  g.tag(partition.length > 0 ? 'window' : 'window over everything')
  const direction = g.random.pick(['', ' DESC', ' DESC NULLS LAST'])
  const loose = `(${[by, `ORDER BY ${some.sql}${direction}`].join(' ').trim()})`
  // Rows that are alike in every column may change places: nobody can tell them apart.
  const order = totalOrder(scope)
  if (order.length === 0) return undefined
  const total = [by, `ORDER BY ${order.join(', ')}`].join(' ').trim()
  return g.first<Expression>(
    [
      () => expression(`${g.random.pick(['rank', 'dense_rank'])}() OVER ${loose}`, 'big'),
      () => expression(`count(*) OVER (${by})`, 'big'),
      () => {
        const found = ofKind(scope, 'int')
        return found.length > 0 ? expression(`sum(${g.random.pick(found).sql}) OVER ${loose}`, 'big') : undefined
      },
      () =>
        sortable(some.kind)
          ? expression(`max(${some.sql}) OVER (${by})`, some.kind, looksTheSame(some.kind))
          : undefined,
      () => expression(`row_number() OVER (${total})`, 'big'),
      () => {
        const name = g.random.pick(['lag', 'lead', 'first_value', 'last_value'])
        return expression(`${name}(${some.sql}) OVER (${total})`, some.kind, looksTheSame(some.kind))
      },
      () => {
        const found = ofKind(scope, 'int')
        const frame = g.random.pick([
          'ROWS BETWEEN 1 PRECEDING AND CURRENT ROW',
          'ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING',
          'ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING',
        ])
        return found.length > 0
          ? expression(`sum(${g.random.pick(found).sql}) OVER (${total} ${frame})`, 'big')
          : undefined
      },
      () => expression(`ntile(2) OVER (${total})`, 'int'),
    ],
    () => expression(`count(*) OVER (${by})`, 'big'),
  )
}
