import type { FuncCall } from '@pgsql/types'
import { beforeAll, describe, expect, it } from 'vitest'
import { walk } from '../parse/ast.js'
import { loadParser, parseSelect } from '../parse/parse.js'
import { factsOf, table } from '../testFacts.js'
import { PlaceFinder } from './find.js'

const orders = table('orders', 'id! integer, status text')

beforeAll(loadParser)

/** What a piece of Tidemark's own, in which `call` is looked for, is found to be in the text that was written. */
function find(written: string, piece: string, call: string, views: readonly string[] = []): string | undefined {
  const relations = views.map((definition, index) => ({ ...table(`v${index}`, 'id integer'), definition }))
  const facts = factsOf(piece, 'id integer', [orders, ...relations])
  const ast = parseSelect(piece)
  let node: FuncCall | undefined
  walk(ast, (kind, body) => {
    if (kind === 'FuncCall' && JSON.stringify(body).includes(`"${call}"`)) node ??= body as FuncCall
    return undefined
  })
  const range = node && new PlaceFinder(written).find({ node }, { facts, ast, apart: true })
  return range && written.slice(range.start, range.end)
}

describe('in a part of a query, a place is found', () => {
  const piece = 'SELECT o.status, rank() OVER (ORDER BY (count(*))) AS r FROM public.orders o GROUP BY o.status'

  it('where what it is about is written once', () => {
    const written = `SELECT 'größer' AS g, max(r) FROM (SELECT status, rank() OVER (ORDER BY count(*)) AS r FROM orders GROUP BY 1) x`
    expect(find(written, piece, 'rank')).toBe('rank() OVER (ORDER BY count(*))')
  })

  it('not where it is written twice', () => {
    const written =
      'SELECT rank() OVER (ORDER BY r), r FROM (SELECT rank() OVER (ORDER BY count(*)) AS r FROM orders GROUP BY status) x'
    expect(find(written, piece, 'rank')).toBeUndefined()
  })

  it('not where an ordinary view has it as well', () => {
    const written = 'SELECT r, id FROM (SELECT rank() OVER (ORDER BY count(*)) AS r FROM orders GROUP BY status) x, v0'
    expect(find(written, piece, 'rank')).toBe('rank() OVER (ORDER BY count(*))')
    expect(find(written, piece, 'rank', ['SELECT rank() OVER (ORDER BY id) AS id FROM orders'])).toBeUndefined()
  })

  it('not where it is Tidemark’s own', () => {
    expect(find('SELECT status FROM orders GROUP BY 1', piece, 'rank')).toBeUndefined()
  })
})
