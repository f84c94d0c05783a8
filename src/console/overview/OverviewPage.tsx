import { Skeleton, Stack, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { serverNow } from '../api/client.js'
import { useViews } from '../api/queries.js'
import { count, counted, plural } from '../format/number.js'
import { conditions } from '../health/assess.js'
import type { KnownView } from '../health/known.js'
import { countConditions, troubled } from '../health/order.js'
import { useNow } from '../live/useNow.js'
import { ConditionIcon } from '../parts/ConditionBadge.js'
import { Failure } from '../parts/Failure.js'
import { NoViews } from '../parts/NoViews.js'
import classes from './overview.module.css'
import { Troubles } from './Troubles.js'
import { ViewList } from './ViewList.js'

export function OverviewPage() {
  const views = useViews()
  if (views.data !== undefined) return views.data.length === 0 ? <NoViews isPage /> : <Overview views={views.data} />
  if (views.error !== null) return <Failure error={views.error} retry={() => void views.refetch()} isPage />
  return (
    <Stack aria-busy="true" aria-label="Loading">
      <Skeleton height={36} width={320} />
      <Skeleton height={120} />
      <Skeleton height={420} />
    </Stack>
  )
}

function Overview({ views }: { readonly views: readonly KnownView[] }) {
  const now = useNow()
  const wrong = troubled(views, now)
  const counts = countConditions(views, now)
  const worst = conditions.find((condition) => counts[condition] > 0) ?? 'fresh'
  const headline = headlineOf(views.length, wrong.length, counts.unseen)
  useDocumentTitle(wrong.length > 0 ? `(${wrong.length}) Tidemark` : 'Tidemark')
  return (
    <>
      <div className={classes.head}>
        <Title order={1} tabIndex={-1} className={classes.headline}>
          <ConditionIcon condition={worst} size={28} />
          {headline}
        </Title>
        <Totals views={views} />
      </div>
      {wrong.length > 0 && <Troubles wrong={wrong} views={views} now={serverNow()} />}
      <ViewList views={views} counts={counts} now={now} />
    </>
  )
}

function headlineOf(total: number, wrong: number, unseen: number): string {
  if (wrong === 0 && unseen > 0) {
    return total === 1
      ? 'Whether the view is fresh is not known'
      : `Whether ${count(unseen)} of ${count(total)} views are fresh is not known`
  }
  if (total === 1) return wrong === 0 ? 'The view is fresh' : 'The view needs attention'
  if (wrong === 0) return `All ${count(total)} views are fresh`
  return `${count(wrong)} of ${count(total)} views ${wrong === 1 ? 'needs' : 'need'} attention`
}

function Totals({ views }: { readonly views: readonly KnownView[] }) {
  const pending = views.reduce((sum, { pendingChanges }) => sum + (pendingChanges ?? 0), 0)
  const more = views.some(({ morePending }) => morePending)
  const rows = views.reduce((sum, view) => sum + (view.rows ?? 0), 0)
  const incremental = views.filter((view) => view.incremental).length
  const totals = [
    [counted(pending, more), pending === 1 ? 'change waits' : 'changes wait'],
    [count(rows), 'rows kept'],
    [`${count(incremental)} of ${count(views.length)}`, 'incremental'],
  ] as const
  return (
    <dl className={classes.totals} aria-label={`Of ${plural(views.length, 'view')}`}>
      {totals.map(([value, label]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
