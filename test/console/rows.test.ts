import { describe, expect, test } from 'vitest'
import { type Filter, isNumeric, operatorsFor, rowsPath, totalOf } from '../../src/console/view/rowsQuery.js'

const column = (type: string, nullable = false) => ({ name: 'c', type, nullable })

function parameters(filters: readonly Filter[], order: { column: string; descending: boolean } | null = null) {
  return Object.fromEntries(new URL(rowsPath('mv', { filters, order, page: 2 }, ['id']), 'http://x').searchParams)
}

describe('rows are asked for', () => {
  test('in an order that is the same each time, by pages', () => {
    expect(parameters([])).toEqual({ order: 'id.asc', limit: '50', offset: '100' })
    expect(parameters([], { column: 'total', descending: true }).order).toBe('total.desc.nullslast,id.asc')
    expect(parameters([], { column: 'id', descending: true }).order).toBe('id.desc.nullslast')
  })

  test('with filters in the grammar of the server', () => {
    const filters: Filter[] = [
      { column: 'region', operator: 'contains', value: '50%_off' },
      { column: 'total', operator: 'gte', value: '5' },
      { column: 'note', operator: 'some', value: '' },
    ]
    expect(parameters(filters)).toMatchObject({ region: 'ilike.*50\\%\\_off*', total: 'gte.5', note: 'not.is.null' })
  })

  test('by names that have to be quoted', () => {
    const filters: Filter[] = [{ column: 'order', operator: 'eq', value: 'a,b' }]
    expect(parameters(filters, { column: 'Total "net"', descending: false })).toMatchObject({
      '"order"': 'eq.a,b',
      order: '"Total \\"net\\"".asc.nullslast,id.asc',
    })
    expect(rowsPath('reporting.mv é', { filters: [], order: null, page: 0 }, [])).toContain(
      'rest/v1/reporting.mv%20%C3%A9?',
    )
  })

  test('of a column only what its type can be asked', () => {
    expect(operatorsFor(column('text'))).toEqual(['contains', 'eq', 'neq'])
    expect(operatorsFor(column('numeric(10,2)', true))).toEqual(['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'null', 'some'])
    expect(operatorsFor(column('jsonb'))).toEqual(['eq', 'neq'])
    expect([isNumeric(column('bigint')), isNumeric(column('integer[]')), isNumeric(column('text'))]).toEqual([
      true,
      false,
      false,
    ])
  })

  test.each([
    ['0-49/1234', 1234],
    ['*/0', 0],
    ['0-49/*', null],
    [null, null],
  ])('of "%s" the number of all is %s', (header, total) => {
    expect(totalOf(header)).toBe(total)
  })
})
