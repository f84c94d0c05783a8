import { SegmentedControl } from '@mantine/core'
import { count } from '../format/number.js'
import { type Condition, conditions } from '../health/assess.js'

/** What the list can be narrowed to. */
export const chosenConditions = {
  all: conditions,
  failing: ['quarantined', 'failing'],
  late: ['late'],
  exposed: ['exposed'],
  aside: ['bypassed', 'paused', 'building'],
  unseen: ['unseen'],
  fresh: ['fresh'],
} as const satisfies Record<string, readonly Condition[]> as Readonly<Record<Choice, readonly Condition[]>>

export type Choice = 'all' | 'failing' | 'late' | 'exposed' | 'aside' | 'unseen' | 'fresh'

const labels: Readonly<Record<Choice, string>> = {
  all: 'All',
  failing: 'Failing',
  late: 'Late',
  exposed: 'Exposed',
  aside: 'Set aside',
  unseen: 'Not known',
  fresh: 'Fresh',
}

interface ConditionFilterProps {
  readonly counts: Readonly<Record<Condition, number>>
  readonly choice: Choice
  readonly onChoose: (choice: Choice) => void
}

/** Those states that some view is in. */
export function ConditionFilter({ counts, choice, onChoose }: ConditionFilterProps) {
  const number = (of: Choice): number => chosenConditions[of].reduce((sum, condition) => sum + counts[condition], 0)
  const choices = (Object.keys(labels) as Choice[]).filter((of) => of === 'all' || of === choice || number(of) > 0)
  if (choices.length < 3 && choice === 'all') return null
  return (
    <SegmentedControl
      size="sm"
      aria-label="Only views in this state"
      value={choice}
      onChange={(value) => onChoose(value as Choice)}
      data={choices.map((of) => ({ value: of, label: `${labels[of]} ${count(number(of))}` }))}
    />
  )
}
