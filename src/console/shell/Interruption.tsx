import { Button, Text } from '@mantine/core'
import { IconDatabaseOff, IconPlugConnectedX } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { serverNow } from '../api/client.js'
import { clockTime } from '../format/time.js'
import { useLive } from '../live/LiveProvider.js'

const told = {
  away: {
    icon: IconPlugConnectedX,
    title: 'The server does not answer',
    text: 'This is what was known then, and ages are what they are at most: views may have been refreshed since.',
  },
  blind: {
    icon: IconDatabaseOff,
    title: 'The server does not hear from its database',
    text: 'Nobody can see whether changes wait: ages are what they are at most.',
  },
} as const

/** Why what is shown does not follow the database, for as long as it does not. */
export function Interruption() {
  const { state, since, reconnect } = useLive()
  const cache = useQueryClient().getQueryCache()
  // A page that has nothing to show says it by itself.
  const isKnown = cache.getAll().some(({ queryKey, state }) => queryKey[0] !== 'deployment' && state.data !== undefined)
  const isShown = (state === 'away' || state === 'blind') && isKnown
  if (!isShown) return <div role="status" />
  const { icon: Icon, title, text } = told[state]
  return (
    <div role="status">
      <section className="strip" data-tone="warning" aria-label={title}>
        <Icon size={20} aria-hidden />
        <Text size="sm">
          <strong>
            {title} since {clockTime(since, serverNow())}.
          </strong>{' '}
          {text} It is tried again by itself.
        </Text>
        {state === 'away' && (
          <Button size="compact-sm" variant="default" onClick={reconnect}>
            Try now
          </Button>
        )}
      </section>
    </div>
  )
}
