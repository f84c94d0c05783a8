import { type Grammar, ofKind, type Scope } from './grammar.js'

/** A time compared with the clock. What is written lies so close to the present that rounds see it come and go. */
export function clockCondition(g: Grammar, scope: Scope): string | undefined {
  const [times, local] = [ofKind(scope, 'time'), ofKind(scope, 'local')]
  const column = times.length + local.length > 0 ? g.random.pick([...times, ...local]) : undefined
  if (column === undefined) return undefined
  g.tag('clock')
  const now = column.kind === 'time' ? g.random.pick(['now()', 'current_timestamp']) : 'localtimestamp'
  const span = `interval '${g.random.pick(['500 ms', '1 second', '3 seconds', '1 day'])}'`
  const { sql } = column
  return g.random.pick([
    `${sql} > ${now} - ${span}`,
    `${sql} <= ${now}`,
    `${now} - ${span} >= ${sql}`,
    `${sql} + ${span} > ${now}`,
    `${sql} BETWEEN ${now} - ${span} AND ${now} + interval '1 second'`,
    `(isfinite(${sql}) AND ${now} - ${sql} < ${span})`,
  ])
}
