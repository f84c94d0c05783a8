import { CloseButton, Text, TextInput, Title } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { type Condition, conditionOf } from '../health/assess.js'
import type { KnownView } from '../health/known.js'
import { matches, type Sorting, sorted } from '../health/order.js'
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

export function ViewList({ views, counts, now }: ViewListProps) {
  const [words, setWords] = useState('')
  const [choice, setChoice] = useState<Choice>('all')
  const [sorting, setSorting] = useState<Sorting>({ by: 'health', descending: false })
  const [, navigate] = useLocation()
  const narrow = useMediaQuery('(max-width: 960px)', undefined, { getInitialValueInEffect: false })
  const shown = sorted(views, sorting, now)
    .filter((view) => matches(view, words))
    .map((view): ShownView => ({ view, condition: conditionOf(view, now) }))
    .filter(({ condition }) => chosenConditions[choice].includes(condition))
  const onKeyDown = (key: string): void => {
    const first = shown[0]
    if (key === 'Escape') setWords('')
    if (key === 'Enter' && words !== '' && first !== undefined) navigate(paths.view(first.view.view))
  }
  return (
    <section aria-labelledby="views">
      <div className={classes.toolbar}>
        <Title order={2} id="views">
          Views
        </Title>
        <TextInput
          data-search
          className={classes.search}
          placeholder="Search by name or description"
          aria-label="Search views"
          leftSection={<IconSearch size={16} aria-hidden />}
          rightSection={
            words !== '' && <CloseButton size="sm" aria-label="Empty the search" onClick={() => setWords('')} />
          }
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          onKeyDown={(event) => onKeyDown(event.key)}
        />
        <ConditionFilter counts={counts} choice={choice} onChoose={setChoice} />
        {narrow && <SortMenu sorting={sorting} onSort={setSorting} />}
      </div>
      {shown.length === 0 ? (
        <Text c="dimmed" ta="center" py="xl" className="surface">
          {words === '' ? 'No view is in this state.' : `No view matches “${words}”.`}
        </Text>
      ) : narrow ? (
        <ViewCards views={shown} />
      ) : (
        <ViewTable views={shown} sorting={sorting} onSort={setSorting} />
      )}
    </section>
  )
}
