import { Button, type ButtonProps, Loader } from '@mantine/core'
import type { ReactNode } from 'react'

interface SteadyButtonProps extends Omit<ButtonProps, 'disabled' | 'loading' | 'leftSection'> {
  readonly icon?: ReactNode
  /** What was pressed is under way. */
  readonly busy?: boolean
  /** It cannot be pressed now. */
  readonly off: boolean
  readonly onPress: () => void
  readonly title?: string
  readonly 'aria-label'?: string
  readonly children: ReactNode
}

/** A button that cannot be pressed now and then, and stays where the keyboard is: one that is disabled would lose it. */
export function SteadyButton({ icon, busy = false, off, onPress, children, ...others }: SteadyButtonProps) {
  return (
    <Button
      {...others}
      leftSection={busy ? <Loader size={17} color="currentColor" aria-hidden /> : icon}
      aria-disabled={off}
      data-disabled={off}
      aria-busy={busy}
      onClick={() => {
        if (!off) onPress()
      }}
    >
      {children}
    </Button>
  )
}
