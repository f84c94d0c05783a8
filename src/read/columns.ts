import { type Fragment, ident, sql } from '../compiler/fragment.js'
import { TidemarkError } from '../protocol/errors.js'
import { invalidRead } from './errors.js'
import type { ColumnFacts, ViewFacts } from './facts.js'
import type { ColumnPath } from './query.js'
import type { BindValues } from './values.js'

/** @throws TidemarkError READ_COLUMN_UNKNOWN. */
export function findColumn({ columns, shown }: ViewFacts, name: string): ColumnFacts {
  const found = columns.find((column) => column.name === name)
  if (found !== undefined) return found
  throw new TidemarkError('READ_COLUMN_UNKNOWN', `${shown} has no column "${name}".`, {
    hint: `Its columns are ${columns.map((column) => column.name).join(', ')}.`,
    view: shown,
  })
}

/** A column of the view, or what is in it. Every name is looked up; keys within JSON are values. */
export function columnSql(view: ViewFacts, path: ColumnPath, values: BindValues): Fragment {
  const column = findColumn(view, path.column)
  const plain = ident(view.name, column.name)
  if (path.steps.length === 0) return plain
  const isJson = column.base === 'json' || column.base === 'jsonb'
  let inside = isJson ? plain : sql`pg_catalog.to_jsonb(${plain})`
  path.steps.forEach(({ key, asText }, place) => {
    if (asText && place < path.steps.length - 1) throw invalidRead('Only the last step of a path can be ->>.')
    if (typeof key === 'number' && !Number.isInteger(key)) throw invalidRead(`${key} is not a place in an array.`)
    if (typeof key === 'number' && Math.abs(key) > 2_147_483_647) throw invalidRead(`There is no place ${key}.`)
    const step = typeof key === 'number' ? sql`(${key})` : values.text(key)
    inside = asText ? sql`(${inside} ->> ${step})` : sql`(${inside} -> ${step})`
  })
  return inside
}

/** What a path is called in the answer, where it is not said: its last key, or the column's name. */
export function pathName({ column, steps }: ColumnPath): string {
  const named = steps.filter(({ key }) => typeof key === 'string').at(-1)
  return named === undefined ? column : String(named.key)
}
