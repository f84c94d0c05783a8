import { Button, Text, Title } from '@mantine/core'
import { IconCloudOff, type IconLock, IconPlugConnectedX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { TidemarkRequestError } from '../../react/requestError.js'
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
  const denied = error instanceof TidemarkRequestError && error.status === 401
  return (
    <Notice icon={IconCloudOff} title={denied ? 'A token is needed' : 'This cannot be shown'}>
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
