import { Text, Title } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useDeferredValue, useState } from 'react'
import { useLocation } from 'wouter'
import { type Condition, conditionOf } from '../health/assess.js'
import type { KnownView } from '../health/known.js'
import { matches, type Sorting, sorted } from '../health/order.js'
import { SearchField } from '../parts/SearchField.js'
import { paths } from '../paths.js'
import { type Choice, ConditionFilter, chosenConditions } from './ConditionFilter.js'
import classes from './overview.module.css'
import { SortMenu } from './SortMenu.js'
import type { ShownView } from './shownView.js'
import { ViewCards } from './ViewCards.js'
import { ViewTable } from './ViewTable.js'

interface ViewListProps {
  readonly views: readonly KnownView[]
  readonly counts: Readonly<Record<Condition, number>>
  readonly now: number
}

interface Wanted {
  readonly words: string
  readonly choice: Choice
}

export function ViewList({ views, counts, now }: ViewListProps) {
  const [wanted, setWanted] = useState<Wanted>({ words: '', choice: 'all' })
  const { words, choice } = wanted
  // Whoever types does not wait for hundreds of rows to be drawn.
  const drawn = useDeferredValue(wanted)
  const [sorting, setSorting] = useState<Sorting>({ by: 'health', descending: false })
  const [, navigate] = useLocation()
  const narrow = useMediaQuery('(max-width: 960px)', undefined, { getInitialValueInEffect: false })
  const shown = found(sorted(views, sorting, now), drawn, now)
  const openFirst = (): void => {
    const [first] = words === '' ? [] : found(sorted(views, sorting, now), wanted, now)
    if (first !== undefined) navigate(paths.view(first.view.view))
  }
  return (
    <section aria-labelledby="views">
      <div className={classes.toolbar}>
        <Title order={2} id="views">
          Views
        </Title>
        <SearchField
          className={classes.search}
          placeholder="Search by name or description"
          label="Search views"
          words={words}
          onChange={(to) => setWanted({ ...wanted, words: to })}
          onEnter={openFirst}
        />
        <ConditionFilter counts={counts} choice={choice} onChoose={(to) => setWanted({ ...wanted, choice: to })} />
        {narrow && <SortMenu sorting={sorting} onSort={setSorting} />}
      </div>
      {shown.length === 0 ? (
        <Text c="dimmed" ta="center" py="xl" className="surface">
          {drawn.words === '' ? 'No view is in this state.' : `No view matches “${drawn.words}”.`}
        </Text>
      ) : narrow ? (
        <ViewCards views={shown} />
      ) : (
        <ViewTable views={shown} sorting={sorting} onSort={setSorting} />
      )}
    </section>
  )
}

function found(views: readonly KnownView[], { words, choice }: Wanted, now: number): ShownView[] {
  return views
    .filter((view) => matches(view, words))
    .map((view): ShownView => ({ view, condition: conditionOf(view, now) }))
    .filter(({ condition }) => chosenConditions[choice].includes(condition))
}
