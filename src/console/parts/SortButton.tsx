import { UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import classes from './parts.module.css'

interface SortButtonProps {
  readonly label: string
  /** How the list is ordered by it; null: by something else. */
  readonly direction: SortDirection | null
  readonly isNumeric: boolean
  readonly onPress: () => void
  readonly title?: string
}

export type SortDirection = 'ascending' | 'descending'

/** The head of a column by which a list can be ordered. */
export function SortButton({ label, direction, isNumeric, onPress, title }: SortButtonProps) {
  const Arrow = direction === 'descending' ? IconArrowDown : IconArrowUp
  return (
    <UnstyledButton
      className={classes.sort}
      data-active={direction !== null || undefined}
      data-numeric={isNumeric || undefined}
      onClick={onPress}
      title={title}
    >
      {label}
      <Arrow size={14} aria-hidden className={classes.sortArrow} />
    </UnstyledButton>
  )
}
