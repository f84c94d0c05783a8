import type { Block, FromItem, SelectBlock } from '../ir/types.js'
import { sameTree } from '../parse/ast.js'
import { toSql } from '../parse/parse.js'
import { clauseOf, type Place, placeOf } from '../places/place.js'
import { itemKeys, keysOfItems, outputOfColumn, retainedItems } from './viewKey.js'

/** What a query lacks for its own structure to show a key, and where. */
export interface NoViewKey {
  readonly hint: string
  readonly place: Place | undefined
}

/** Why no key was found. The hint ends so that `or name them: …` can follow. */
export function whyNoKey(block: Block): NoViewKey {
  if (block.kind === 'opaque') return { hint: 'They are not looked for in such a query', place: block.place }
  if (block.kind === 'set') {
    const hint =
      "ALL keeps rows that are alike: return in each arm the key of its rows and a constant that tells the arms apart, such as `'a' AS part`"
    return { hint, place: undefined }
  }
  const repeated = block.outputs.find(({ expression }) => expression.setReturning)
  if (repeated !== undefined) {
    const hint = 'A function that returns several rows stands in the SELECT list: call it in FROM, `WITH ORDINALITY`'
    return { hint, place: placeOf(repeated.expression.ast) }
  }
  if (block.groupingSets) {
    const set = (block.ast.groupClause ?? []).find((node) => 'GroupingSet' in node)
    return {
      hint: 'Several groupings stand in one result: return `GROUPING(…)` too, which tells them apart',
      place: placeOf(set),
    }
  }
  return whyNoneReturned(block)
}

function whyNoneReturned(block: SelectBlock): NoViewKey {
  const grouped = typeof block.distinct === 'string' ? block.group : block.distinct
  if (grouped !== undefined) {
    const missing = grouped.filter(({ ast }) => !block.outputs.some((output) => sameTree(output.expression.ast, ast)))
    const list = missing.map(({ ast }) => toSql(ast)).join(', ')
    const hint = `Return what it ${grouped === block.group ? 'groups by' : 'is DISTINCT ON'}: \`SELECT ${list}, …\``
    return { hint, place: grouped === block.group ? clauseOf(block.ast, 'group') : clauseOf(block.ast, 'targets') }
  }
  const keys = keysOfItems(block)
  for (const index of retainedItems(block, keys)) {
    const item = block.items[index]
    const own = keys[index] ?? []
    const isReturned = (key: readonly string[]): boolean =>
      key.every((column) => outputOfColumn(block, { item: index, column }) !== undefined)
    if (item === undefined || own.some(isReturned)) continue
    return { hint: whyItem(item, own[0]), place: placeOf(item.ast) }
  }
  return { hint: 'Return the keys of the tables', place: clauseOf(block.ast, 'targets') }
}

function whyItem(item: FromItem, key: readonly string[] | undefined): string {
  if (key !== undefined)
    return `Return the key of ${item.alias}: \`SELECT ${key.map((column) => `${item.alias}.${column}`).join(', ')}, …\``
  if (item.kind === 'function')
    return `The rows of ${item.alias} can be alike: add \`WITH ORDINALITY\`, and return the number`
  if (item.kind === 'block') return `The rows of ${item.alias} have no key that could be found`
  if (itemKeys(item).length === 0 && item.relation.hasChildren)
    return `${item.alias} has children by inheritance, for which its key does not hold`
  return `${item.alias} has neither a primary key nor a unique constraint over NOT NULL columns: add one, such as \`ALTER TABLE ${item.relation.name} ADD PRIMARY KEY (…)\`, and return it`
}
