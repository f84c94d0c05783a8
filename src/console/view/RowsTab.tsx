import { Button, Skeleton, Table, Text } from '@mantine/core'
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ViewColumn } from '../../protocol/api.js'
import { errorOf } from '../../react/requestError.js'
import { request } from '../api/client.js'
import { type KnownDetail, keys } from '../api/queries.js'
import { count, plural } from '../format/number.js'
import { Failure } from '../parts/Failure.js'
import { SortButton } from '../parts/SortButton.js'
import { SteadyButton } from '../parts/SteadyButton.js'
import { RowFilters } from './RowFilters.js'
import classes from './rows.module.css'
import { type Filter, isNumeric, pageLength, type RowsQuery, rowsPath, totalOf } from './rowsQuery.js'

type Row = Readonly<Record<string, unknown>>

interface Page {
  readonly rows: readonly Row[]
  readonly total: number | null
}

function useRows(view: KnownDetail, query: RowsQuery) {
  return useQuery({
    queryKey: [...keys.rows(view.view), query],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<Page> => {
      const path = rowsPath(view.view, query, view.key)
      const response = await request(path, { headers: { accept: 'application/json', prefer: 'count=exact' }, signal })
      if (!response.ok) throw await errorOf(response)
      const rows = (await response.json()) as Row[]
      return { rows, total: totalOf(response.headers.get('content-range')) }
    },
  })
}

/** The rows themselves, as any client reads them. */
export function RowsTab({ view }: { readonly view: KnownDetail }) {
  const [query, setQuery] = useState<RowsQuery>({ filters: [], order: null, page: 0 })
  const rows = useRows(view, query)
  const setFilters = (filters: readonly Filter[]): void => setQuery({ ...query, filters, page: 0 })
  return (
    <>
      <div className={classes.rowsBar}>
        <RowFilters columns={view.columns} filters={query.filters} onChange={setFilters} />
        {rows.data !== undefined && (
          <Pages page={query.page} data={rows.data} onPage={(page) => setQuery({ ...query, page })} />
        )}
      </div>
      {rows.error !== null ? (
        <Failure error={rows.error} retry={() => void rows.refetch()} />
      ) : rows.data === undefined ? (
        <Skeleton height={400} aria-label="Loading" />
      ) : (
        <RowTable
          columns={view.columns}
          keyColumns={view.key}
          rows={rows.data.rows}
          query={query}
          onOrder={(order) => setQuery({ ...query, order, page: 0 })}
        />
      )}
    </>
  )
}

function Pages({
  page,
  data,
  onPage,
}: {
  readonly page: number
  readonly data: Page
  readonly onPage: (page: number) => void
}) {
  const first = page * pageLength
  const last = first + data.rows.length
  const total = data.total === null ? '' : ` of ${plural(data.total, 'row')}`
  const more = data.total === null ? data.rows.length === pageLength : last < data.total
  return (
    <div className={classes.pages}>
      <Text size="sm" c="dimmed" role="status">
        {data.rows.length === 0 ? 'no rows' : `${count(first + 1)}–${count(last)}${total}`}
      </Text>
      <Button.Group>
        <SteadyButton
          size="compact-md"
          variant="default"
          off={page === 0}
          onPress={() => onPage(page - 1)}
          aria-label="Previous rows"
        >
          <IconChevronLeft size={16} />
        </SteadyButton>
        <SteadyButton
          size="compact-md"
          variant="default"
          off={!more}
          onPress={() => onPage(page + 1)}
          aria-label="Next rows"
        >
          <IconChevronRight size={16} />
        </SteadyButton>
      </Button.Group>
    </div>
  )
}

interface RowTableProps {
  readonly columns: readonly ViewColumn[]
  readonly keyColumns: readonly string[]
  readonly rows: readonly Row[]
  readonly query: RowsQuery
  readonly onOrder: (order: RowsQuery['order']) => void
}

function RowTable({ columns, keyColumns, rows, query, onOrder }: RowTableProps) {
  if (rows.length === 0) {
    return (
      <Text c="dimmed" ta="center" py="xl" className="surface">
        {query.filters.length > 0 ? 'No row passes these filters.' : 'The view has no rows: its query returns none.'}
      </Text>
    )
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by the keyboard.
    <section className={`surface ${classes.scrolls}`} aria-label="Rows" tabIndex={0}>
      <Table highlightOnHover verticalSpacing={6} horizontalSpacing="md" className={classes.rowTable}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <HeadCell key={column.name} column={column} order={query.order} onOrder={onOrder} />
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row, index) => (
            <Table.Tr key={keyColumns.length === 0 ? index : JSON.stringify(keyColumns.map((name) => row[name]))}>
              {columns.map((column) => (
                <Table.Td key={column.name} ta={isNumeric(column) ? 'right' : undefined}>
                  <Value value={row[column.name]} />
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}

interface HeadCellProps {
  readonly column: ViewColumn
  readonly order: RowsQuery['order']
  readonly onOrder: (order: RowsQuery['order']) => void
}

/** Pressed once: upwards; twice: downwards; three times: by the key again. */
function HeadCell({ column, order, onOrder }: HeadCellProps) {
  const active = order?.column === column.name ? order : null
  const next =
    active === null
      ? { column: column.name, descending: false }
      : active.descending
        ? null
        : { ...active, descending: true }
  const direction = active === null ? null : active.descending ? 'descending' : 'ascending'
  return (
    <Table.Th ta={isNumeric(column) ? 'right' : undefined} aria-sort={direction ?? undefined}>
      <SortButton
        label={column.name}
        direction={direction}
        isNumeric={isNumeric(column)}
        onPress={() => onOrder(next)}
        title={column.type}
      />
    </Table.Th>
  )
}

function Value({ value }: { readonly value: unknown }) {
  if (value === null || value === undefined) {
    return (
      <Text span size="sm" c="dimmed" fs="italic">
        null
      </Text>
    )
  }
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return (
    <span className={classes.value} title={text.length > 60 ? text : undefined}>
      {text}
    </span>
  )
}
