import { UnstyledButton } from '@mantine/core'
import { offerToken } from '../api/token.js'
import { type LiveState, useLive } from '../live/LiveProvider.js'
import classes from './shell.module.css'

const told: Readonly<Record<LiveState, { readonly label: string; readonly tone: string; readonly title: string }>> = {
  connecting: { label: 'Connecting', tone: 'muted', title: 'The stream of events is being opened.' },
  live: { label: 'Live', tone: 'good', title: 'What is shown follows the database as it changes.' },
  away: {
    label: 'Reconnecting',
    tone: 'warning',
    title: 'The server does not answer. It is tried again by itself; press to try now.',
  },
  blind: {
    label: 'Database away',
    tone: 'warning',
    title: 'The server does not hear from its database. It is tried again by itself.',
  },
  denied: {
    label: 'Not allowed',
    tone: 'danger',
    title: 'The server wants a token that allows this; press to give another one.',
  },
}

/** Whether what is shown is live. */
export function ConnectionPill() {
  const { state, reconnect } = useLive()
  const { label, tone, title } = told[state]
  return (
    <UnstyledButton
      className={classes.pill}
      data-tone={tone}
      data-state={state}
      title={title}
      aria-label={`${label}. ${title}`}
      onClick={state === 'denied' ? offerToken : reconnect}
      disabled={state === 'live' || state === 'blind'}
    >
      <span className={classes.dot} />
      <span role="status">{label}</span>
    </UnstyledButton>
  )
}
