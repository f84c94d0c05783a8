import { Table, Text } from '@mantine/core'
import { IconAlertTriangle, IconRefresh, IconRefreshDot } from '@tabler/icons-react'
import { Link } from 'wouter'
import type { RunRecord } from '../../protocol/api.js'
import { serverNow } from '../api/client.js'
import { CodeLink } from '../docs/CodeLink.js'
import { count, plural } from '../format/number.js'
import { clockTime, duration } from '../format/time.js'
import { paths } from '../paths.js'
import classes from './activity.module.css'

/** Runs, the newest first. */
export function RunTable({ runs, withView }: { readonly runs: readonly RunRecord[]; readonly withView: boolean }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by the keyboard.
    <section className={`surface ${classes.tableBox}`} aria-label="Runs" tabIndex={0}>
      <Table className={classes.table} verticalSpacing={7} horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Ended</Table.Th>
            {withView && <Table.Th>View</Table.Th>}
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
              {withView && (
                <Table.Td>
                  <Link href={paths.view(run.view)} className={classes.viewName}>
                    {run.view}
                  </Link>
                </Table.Td>
              )}
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
        <RowCounts run={run} />
      </Text>
    </div>
  )
}

function didOf({ mode, slices }: RunRecord): string {
  if (mode === 'full') return 'Recomputed whole'
  if (slices === null) return 'By deltas'
  return slices === 0 ? 'No slice was touched' : plural(slices, 'slice')
}

function RowCounts({ run }: { readonly run: RunRecord }) {
  const parts = [
    [run.inserted ?? 0, '+', 'inserted'],
    [run.updated ?? 0, '~', 'updated'],
    [run.deleted ?? 0, '−', 'deleted'],
  ] as const
  const some = parts.filter(([number]) => number > 0)
  if (some.length === 0) return <span className={classes.counts}>no row changed</span>
  return (
    <span className={classes.counts}>
      {some.map(([number, sign, verb]) => (
        <span key={verb} title={`${plural(number, 'row')} ${verb}`}>
          {sign}
          {count(number)}
        </span>
      ))}
    </span>
  )
}
