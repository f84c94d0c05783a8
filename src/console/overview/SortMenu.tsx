import { NativeSelect } from '@mantine/core'
import { type SortColumn, type Sorting, sortColumns } from '../health/order.js'

export const sortLabels: Readonly<Record<SortColumn, string>> = {
  health: 'State',
  view: 'Name',
  age: 'Age',
  pending: 'Pending',
  rows: 'Rows',
  duration: 'Refreshes',
  lastRun: 'Last refresh',
}

/** The worst, the largest and the latest first; names from A. */
export function firstDirection(by: SortColumn): boolean {
  return by !== 'health' && by !== 'view'
}

/** How the list is ordered, where there are no column heads to press. */
export function SortMenu({ sorting, onSort }: { readonly sorting: Sorting; readonly onSort: (to: Sorting) => void }) {
  return (
    <NativeSelect
      aria-label="Order by"
      value={sorting.by}
      data={sortColumns.map((value) => ({ value, label: `By ${sortLabels[value].toLowerCase()}` }))}
      onChange={(event) => {
        const by = event.currentTarget.value as SortColumn
        onSort({ by, descending: firstDirection(by) })
      }}
    />
  )
}
