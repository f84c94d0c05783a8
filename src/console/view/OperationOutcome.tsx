import { CloseButton, Loader, Text } from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconInfoCircle } from '@tabler/icons-react'
import { TidemarkRequestError } from '../../react/requestError.js'
import type { Operation, OperationResult } from '../api/queries.js'
import { Prose } from '../parts/Prose.js'
import { type Outcome, outcomeOf, runningText } from './outcome.js'

interface OperationOutcomeProps {
  readonly result: OperationResult | undefined
  readonly error: Error | null
  readonly running?: Operation | undefined
  readonly onClose: () => void
}

const icons = { good: IconCheck, warning: IconInfoCircle, danger: IconAlertTriangle }

/** What was asked for, and what came of it; said aloud by screen readers. */
export function OperationOutcome({ result, error, running, onClose }: OperationOutcomeProps) {
  return (
    <div aria-live="polite">
      {running !== undefined ? (
        <div className="strip" data-tone="muted">
          <Loader size={16} />
          <Text size="sm">{runningText[running]}</Text>
        </div>
      ) : (
        <Shown outcome={error !== null ? errorOutcome(error) : result && outcomeOf(result)} onClose={onClose} />
      )}
    </div>
  )
}

function Shown({ outcome, onClose }: { readonly outcome: Outcome | undefined; readonly onClose: () => void }) {
  if (outcome === undefined) return null
  const Icon = icons[outcome.tone]
  const close = (): void => {
    onClose()
    // The button goes with what it closes.
    document.getElementById('main')?.focus({ preventScroll: true })
  }
  return (
    <div className="strip" data-tone={outcome.tone}>
      <Icon size={18} aria-hidden />
      <Text size="sm">
        <strong>{outcome.title}.</strong> <Prose text={outcome.text} />
      </Text>
      <CloseButton size="sm" aria-label="Close this message" onClick={close} />
    </div>
  )
}

function errorOutcome(error: Error): Outcome {
  const hint = error instanceof TidemarkRequestError ? (error.hint ?? '') : ''
  const denied = error instanceof TidemarkRequestError && error.status === 403
  return {
    tone: 'danger',
    title: denied ? 'Your token does not allow this' : 'That did not work',
    text: `${error.message} ${hint}`.trim(),
  }
}
