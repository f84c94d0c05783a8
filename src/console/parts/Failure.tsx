import { Button, Text } from '@mantine/core'
import { IconCloudOff, IconDatabaseOff, IconLock, IconPlugConnectedX } from '@tabler/icons-react'
import { TidemarkRequestError } from '../../react/requestError.js'
import { offerToken } from '../api/token.js'
import { useLive } from '../live/LiveProvider.js'
import { Notice } from './Notice.js'
import { NoViews } from './NoViews.js'
import { Prose } from './Prose.js'
import classes from './parts.module.css'

interface FailureProps {
  readonly error: Error
  readonly retry: () => void
  /** There is nothing else on the page. */
  readonly isPage?: boolean
}

/** Why something cannot be shown. */
export function Failure({ error, retry, isPage = false }: FailureProps) {
  const { reconnect } = useLive()
  if (error instanceof TidemarkRequestError && error.status === null) {
    return (
      <Notice icon={IconPlugConnectedX} title="The server does not answer" isPage={isPage}>
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
  if (error instanceof TidemarkRequestError && error.code === 'NOT_DEPLOYED') return <NoViews isPage={isPage} />
  if (error instanceof TidemarkRequestError && error.status === 403) return <Denied error={error} isPage={isPage} />
  return (
    <Notice {...looksOf(error)} isPage={isPage}>
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

function looksOf(error: Error): { readonly icon: typeof IconLock; readonly title: string } {
  if (error instanceof TidemarkRequestError) {
    if (error.status === 401) return { icon: IconLock, title: 'A token is needed' }
    if (error.code === 'DATABASE_UNREACHABLE') {
      return { icon: IconDatabaseOff, title: 'The server is there, its database is not' }
    }
  }
  return { icon: IconCloudOff, title: 'This cannot be shown' }
}

function Denied({ error, isPage }: { readonly error: TidemarkRequestError; readonly isPage: boolean }) {
  return (
    <Notice icon={IconLock} title="Your token does not allow this" isPage={isPage}>
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
