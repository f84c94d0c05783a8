/** An application that has named its views: it compiles, and what it must not say does not. It is never run. */
import {
  Freshness,
  queryString,
  RefreshButton,
  type RowOf,
  TidemarkProvider,
  useFreshness,
  useView,
} from 'tidemark/react'

interface Views {
  readonly lanes: {
    readonly id: number
    readonly lane: string | null
    readonly tags: readonly string[]
    readonly at: string
  }
}

declare module 'tidemark/react' {
  interface Register {
    readonly views: Views
  }
}

export function Lanes() {
  const { rows, asOf, stalenessSeconds } = useView('lanes', {
    select: ['id', 'lane'],
    where: {
      lane: ['a', 'b'],
      id: { gt: 1, not: { in: [5] } },
      at: { gte: new Date(0) },
      or: [{ tags: { cs: ['x'] } }],
    },
    order: ['lane.desc', { column: 'id', nulls: 'last' }],
    limit: 20,
  })
  const first: { readonly id: number; readonly lane: string | null } | undefined = rows?.[0]
  const whole: RowOf<'lanes'> | undefined = useView('lanes').rows?.[0]
  const age: number | null = useFreshness('lanes').ageSeconds
  return (
    <TidemarkProvider url="/tidemark" token="secret">
      {first?.lane?.length ?? whole?.tags.length} {asOf?.getTime()} {stalenessSeconds} {age}
      <Freshness view="lanes" />
      <RefreshButton view="lanes" />
      {queryString<Views['lanes']>({ where: { lane: null } })}
    </TidemarkProvider>
  )
}

export function Wrong() {
  // @ts-expect-error There is no such view.
  useView('lane')
  // @ts-expect-error There is no such view.
  useFreshness('lane')
  // @ts-expect-error There is no such column.
  useView('lanes', { select: ['lanes'] })
  // @ts-expect-error It is a number.
  useView('lanes', { where: { id: 'a' } })
  // @ts-expect-error It is a number.
  useView('lanes', { where: { id: { gt: 'a' } } })
  // @ts-expect-error There is no such column.
  useView('lanes', { order: 'name.desc' })
  // @ts-expect-error An array is compared by an operator that says how.
  useView('lanes', { where: { tags: ['a'] } })
  // @ts-expect-error It was not selected.
  useView('lanes', { select: ['id'] }).rows?.[0]?.lane
  // @ts-expect-error There is no such view.
  return <Freshness view="lane" />
}
