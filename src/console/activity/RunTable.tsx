import { Table, Text } from '@mantine/core'
import { IconAlertTriangle, IconRefresh, IconRefreshDot } from '@tabler/icons-react'
import type { RunRecord } from '../../protocol/api.js'
import { serverNow } from '../api/client.js'
import { CodeLink } from '../docs/CodeLink.js'
import { plural } from '../format/number.js'
import { changesText } from '../format/rowChanges.js'
import { clockTime, duration } from '../format/time.js'
import classes from './activity.module.css'

/** Runs of a view, the newest first. */
export function RunTable({ runs }: { readonly runs: readonly RunRecord[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by the keyboard.
    <section className={`surface ${classes.tableBox}`} aria-label="Runs" tabIndex={0}>
      <Table className={classes.table} verticalSpacing={7} horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Ended</Table.Th>
            <Table.Th>What came of it</Table.Th>
            <Table.Th ta="right">Took</Table.Th>
            <Table.Th>Worker</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <Table.Tr key={run.id}>
              <Table.Td className={classes.time}>
                <time dateTime={run.finishedAt}>{clockTime(run.finishedAt, serverNow())}</time>
              </Table.Td>
              <Table.Td>
                <RunOutcome run={run} />
              </Table.Td>
              <Table.Td ta="right" className={classes.nowrap}>
                {duration(run.durationMs)}
              </Table.Td>
              <Table.Td>
                <Text size="sm" c="dimmed" className={classes.worker} title={run.worker ?? undefined}>
                  {run.worker ?? '–'}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}

/** The same where there is no room for columns. */
export function RunList({ runs }: { readonly runs: readonly RunRecord[] }) {
  return (
    <ol className={`surface ${classes.entries}`} aria-label="Runs, the newest first">
      {runs.map((run) => (
        <li key={run.id} className={`${classes.entry} ${classes.ownRun}`}>
          <time dateTime={run.finishedAt} className={classes.time}>
            {clockTime(run.finishedAt, serverNow())}
          </time>
          <Text size="sm" c="dimmed" className={classes.took}>
            {duration(run.durationMs)}
          </Text>
          <div className={classes.what}>
            <RunOutcome run={run} />
          </div>
        </li>
      ))}
    </ol>
  )
}

/** What a run did, in a line. */
export function RunOutcome({ run }: { readonly run: RunRecord }) {
  if (run.mode === 'failed') {
    return (
      <div className={classes.outcome} data-tone="danger">
        <IconAlertTriangle size={16} aria-hidden />
        <Text span size="sm">
          <strong>Failed</strong> {run.error !== null && <CodeLink code={run.error.code} />} {run.error?.message}
        </Text>
      </div>
    )
  }
  const Icon = run.mode === 'full' ? IconRefreshDot : IconRefresh
  return (
    <div className={classes.outcome} data-tone={run.mode === 'full' ? 'muted' : 'good'}>
      <Icon size={16} aria-hidden />
      <Text span size="sm">
        {didOf(run)}
        <span className={classes.counts}>{changesText(run)}</span>
      </Text>
    </div>
  )
}

function didOf({ mode, slices }: RunRecord): string {
  if (mode === 'full') return 'Recomputed whole'
  if (slices === null) return 'By deltas'
  return slices === 0 ? 'No slice was touched' : plural(slices, 'slice')
}
