import { Skeleton, Text, Title } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconHistoryOff } from '@tabler/icons-react'
import { RunList, RunTable } from '../activity/RunTable.js'
import { type KnownDetail, useRuns } from '../api/queries.js'
import { count, plural } from '../format/number.js'
import { Failure } from '../parts/Failure.js'
import { Notice } from '../parts/Notice.js'
import { Charts } from './HistoryCharts.js'
import { pointsOf } from './history.js'
import sections from './sections.module.css'

const tableLength = 50

export default function HistoryTab({ view }: { readonly view: KnownDetail }) {
  const runs = useRuns(view.view)
  const narrow = useMediaQuery('(max-width: 760px)', undefined, { getInitialValueInEffect: false })
  if (runs.error !== null) return <Failure error={runs.error} retry={() => void runs.refetch()} />
  if (runs.data === undefined) return <Skeleton height={400} aria-label="Loading" />
  if (runs.data.length === 0) {
    return (
      <Notice icon={IconHistoryOff} title="It was not refreshed yet">
        <Text c="dimmed">
          Each refresh that changes something is recorded. A worker makes them (<code>npx tidemark run</code>), or the
          button above.
        </Text>
      </Notice>
    )
  }
  const shown = runs.data.slice(0, tableLength)
  return (
    <>
      <Charts points={pointsOf(runs.data)} targetSeconds={view.targetSeconds} />
      <div className={sections.sectionHead}>
        <Title order={2}>Runs</Title>
        <Text size="sm" c="dimmed">
          {runs.data.length > tableLength
            ? `the last ${tableLength} of ${count(runs.data.length)} shown above`
            : plural(runs.data.length, 'run')}
        </Text>
      </div>
      {narrow ? <RunList runs={shown} /> : <RunTable runs={shown} />}
    </>
  )
}
