import { Table, Text } from '@mantine/core'
import { memo } from 'react'
import { Link } from 'wouter'
import { count, counted } from '../format/number.js'
import { duration } from '../format/time.js'
import type { SortColumn, Sorting } from '../health/order.js'
import { AgeBar } from '../parts/AgeBar.js'
import { ConditionBadge } from '../parts/ConditionBadge.js'
import { labels } from '../parts/conditionLooks.js'
import { LastRun } from '../parts/LastRun.js'
import { SortButton, type SortDirection } from '../parts/SortButton.js'
import { Sparkline } from '../parts/Sparkline.js'
import { paths } from '../paths.js'
import classes from './overview.module.css'
import { firstDirection, sortLabels } from './SortMenu.js'
import type { ShownView } from './shownView.js'

const order: readonly SortColumn[] = ['view', 'health', 'age', 'pending', 'rows', 'duration', 'lastRun']
const numeric = new Set<SortColumn>(['pending', 'rows'])

interface ViewTableProps {
  readonly views: readonly ShownView[]
  readonly sorting: Sorting
  readonly onSort: (sorting: Sorting) => void
}

export function ViewTable({ views, sorting, onSort }: ViewTableProps) {
  return (
    <div className={`surface ${classes.tableBox}`}>
      <Table className={classes.table} verticalSpacing={9} horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            {order.map((column) => {
              const direction = directionOf(column, sorting)
              const descending = direction === null ? firstDirection(column) : !sorting.descending
              return (
                <Table.Th key={column} data-column={column} aria-sort={direction ?? undefined}>
                  <SortButton
                    label={sortLabels[column]}
                    direction={direction}
                    isNumeric={numeric.has(column)}
                    onPress={() => onSort({ by: column, descending })}
                  />
                </Table.Th>
              )
            })}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {views.map((shown) => (
            <Row key={shown.view.view} view={shown.view} condition={shown.condition} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}

function directionOf(column: SortColumn, { by, descending }: Sorting): SortDirection | null {
  if (column !== by) return null
  return descending ? 'descending' : 'ascending'
}

// Rows are drawn again when their view changes; what ticks in them does so by itself.
const Row = memo(function Row({ view, condition }: ShownView) {
  const last = view.recentRuns.at(-1)
  return (
    <Table.Tr className={classes.row}>
      <Table.Td className={classes.nameCell}>
        <Link href={paths.view(view.view)} className={classes.viewName}>
          {view.view}
        </Link>
        {view.description !== null && (
          <Text size="xs" c="dimmed" truncate title={view.description}>
            {view.description}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <ConditionBadge condition={condition} label={labels[condition]} />
      </Table.Td>
      <Table.Td className={classes.ageCell}>
        <AgeBar view={view} />
      </Table.Td>
      <Table.Td ta="right" className={view.pendingChanges ? classes.pendingSome : undefined}>
        {view.pendingChanges === null ? (
          <Unknown why="Its changes are not captured" />
        ) : (
          counted(view.pendingChanges, view.morePending)
        )}
      </Table.Td>
      <Table.Td ta="right">{view.rows === null ? <Unknown why="Not known yet" /> : count(view.rows)}</Table.Td>
      <Table.Td>
        <div className={classes.runs}>
          <Sparkline runs={view.recentRuns} bars={24} />
          <Text size="xs" c="dimmed" className={classes.runTime}>
            {last === undefined ? '' : duration(last.durationMs)}
          </Text>
        </div>
      </Table.Td>
      <Table.Td className={classes.lastRun}>
        <LastRun view={view} />
      </Table.Td>
    </Table.Tr>
  )
})

function Unknown({ why }: { readonly why: string }) {
  return (
    <Text span c="dimmed" title={why}>
      –
    </Text>
  )
}
