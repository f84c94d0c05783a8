import { Button, SegmentedControl, Skeleton, Text } from '@mantine/core'
import { IconPlayerPause, IconPlayerPlay, IconWaveSine } from '@tabler/icons-react'
import { useState } from 'react'
import { useAlerts, useAllRuns } from '../api/queries.js'
import { plural } from '../format/number.js'
import { Failure } from '../parts/Failure.js'
import { Notice } from '../parts/Notice.js'
import { SearchField } from '../parts/SearchField.js'
import { PageTitle } from '../shell/PageTitle.js'
import classes from './activity.module.css'
import { EntryList } from './EntryList.js'
import { type Entry, entriesOf, isShown, type Shown } from './entries.js'

const mostShown = 150

export function ActivityPage() {
  const runs = useAllRuns()
  const alerts = useAlerts()
  const failed = [runs, alerts].find(({ error }) => error !== null)
  if (failed?.error) {
    return (
      <>
        <PageTitle title="Activity" />
        <Failure error={failed.error} retry={() => void failed.refetch()} />
      </>
    )
  }
  if (runs.data === undefined || alerts.data === undefined) return <Skeleton height={500} aria-label="Loading" />
  return <Activity entries={entriesOf(runs.data, alerts.data)} />
}

function Activity({ entries }: { readonly entries: readonly Entry[] }) {
  const [words, setWords] = useState('')
  const [shown, setShown] = useState<Shown>('all')
  const [held, setHeld] = useState<readonly Entry[] | null>(null)
  const list = (held ?? entries).filter((entry) => isShown(entry, shown, words))
  const newer = held === null ? 0 : entries.findIndex(({ id }) => id === held[0]?.id)
  return (
    <>
      <PageTitle title="Activity">
        <div className={classes.tools}>
          <SearchField
            className={classes.search}
            placeholder="Search by view"
            label="Search by view"
            words={words}
            onChange={setWords}
          />
          <SegmentedControl
            aria-label="What is shown"
            value={shown}
            onChange={(value) => setShown(value as Shown)}
            data={[
              { value: 'all', label: 'All' },
              { value: 'runs', label: 'Runs' },
              { value: 'failures', label: 'Failures' },
              { value: 'alerts', label: 'Alerts' },
            ]}
          />
          <Button
            variant="default"
            leftSection={
              held === null ? <IconPlayerPause size={16} aria-hidden /> : <IconPlayerPlay size={16} aria-hidden />
            }
            onClick={() => setHeld(held === null ? entries : null)}
          >
            {held === null ? 'Hold' : newer > 0 ? `Go on (${newer} new)` : 'Go on'}
          </Button>
        </div>
      </PageTitle>
      {entries.length === 0 ? (
        <Notice icon={IconWaveSine} title="Nothing has happened yet">
          <Text c="dimmed">
            Refreshes and alerts appear here as they happen. Write to a table that a view reads, with a worker running (
            <code>npx tidemark run</code>), and watch.
          </Text>
        </Notice>
      ) : list.length === 0 ? (
        <Text c="dimmed" ta="center" py="xl" className="surface">
          Nothing of this kind among the last {plural(entries.length, 'entry', 'entries')}.
        </Text>
      ) : (
        <EntryList entries={list.slice(0, mostShown)} />
      )}
    </>
  )
}
