import { Button, Text, Title } from '@mantine/core'
import { IconCloudOff, IconDatabaseOff, IconLock, IconPlugConnectedX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { TidemarkRequestError } from '../../react/requestError.js'
import { offerToken } from '../api/token.js'
import { useLive } from '../live/LiveProvider.js'
import { Prose } from './Prose.js'
import classes from './parts.module.css'

/** Something instead of contents: an icon, what there is to say, and what to do. */
export function Notice({ icon: Icon, title, children }: NoticeProps) {
  return (
    <div className={classes.notice}>
      <Icon size={36} stroke={1.5} aria-hidden className={classes.noticeIcon} />
      <Title order={2}>{title}</Title>
      <div className={classes.noticeBody}>{children}</div>
    </div>
  )
}

interface NoticeProps {
  readonly icon: typeof IconLock
  readonly title: string
  readonly children?: ReactNode
}

/** Why something cannot be shown. */
export function Failure({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  const { reconnect } = useLive()
  if (error instanceof TidemarkRequestError && error.status === null) {
    return (
      <Notice icon={IconPlugConnectedX} title="The server does not answer">
        <Text>
          The console tries again by itself, and goes on as soon as it is back. Your views are kept fresh by the worker,
          whether this page is open or not.
        </Text>
        <Text c="dimmed">
          Stopped? Start it with <code className={classes.code}>npx tidemark serve</code>
        </Text>
        <Button
          variant="default"
          onClick={() => {
            reconnect()
            retry()
          }}
        >
          Try now
        </Button>
      </Notice>
    )
  }
  if (error instanceof TidemarkRequestError && error.status === 403) return <Denied error={error} />
  return (
    <Notice {...looksOf(error)}>
      <Text>
        <Prose text={error.message} />
      </Text>
      {error instanceof TidemarkRequestError && error.hint !== null && (
        <Text c="dimmed">
          <Prose text={error.hint} />
        </Text>
      )}
      <Button variant="default" onClick={retry}>
        Try again
      </Button>
    </Notice>
  )
}

function looksOf(error: Error): Pick<NoticeProps, 'icon' | 'title'> {
  if (error instanceof TidemarkRequestError) {
    if (error.status === 401) return { icon: IconLock, title: 'A token is needed' }
    if (error.code === 'DATABASE_UNREACHABLE') {
      return { icon: IconDatabaseOff, title: 'The server is there, its database is not' }
    }
  }
  return { icon: IconCloudOff, title: 'This cannot be shown' }
}

function Denied({ error }: { readonly error: TidemarkRequestError }) {
  return (
    <Notice icon={IconLock} title="Your token does not allow this">
      <Text>
        <Prose text={error.message} />
      </Text>
      <Text c="dimmed">
        To show all it has, the console needs a token with the actions <code className={classes.code}>freshness</code>,{' '}
        <code className={classes.code}>inspect</code> and <code className={classes.code}>read</code>; its buttons need{' '}
        <code className={classes.code}>refresh</code> and <code className={classes.code}>operate</code>.
      </Text>
      <Button variant="default" onClick={offerToken}>
        Use another token
      </Button>
    </Notice>
  )
}
