import { ActionIcon, Button, Menu, Text } from '@mantine/core'
import {
  IconArrowRampRight,
  IconChevronDown,
  IconDatabase,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconShieldCheck,
} from '@tabler/icons-react'
import type { KnownDetail, Operation, useOperation } from '../api/queries.js'
import classes from './page.module.css'

interface ActionsProps {
  readonly view: KnownDetail
  readonly operation: ReturnType<typeof useOperation>
}

/** What can be done with a view. */
export function Actions({ view, operation }: ActionsProps) {
  const run = (what: Operation): void => operation.mutate(what)
  const running = operation.isPending ? operation.variables : undefined
  const paused = view.state === 'paused'
  return (
    <div className={classes.actions}>
      <Button.Group>
        <Button
          leftSection={<IconRefresh size={17} aria-hidden />}
          loading={running === 'refresh' || running === 'fullRefresh'}
          disabled={operation.isPending}
          onClick={() => run('refresh')}
        >
          Refresh
        </Button>
        <Menu position="bottom-end" width={300}>
          <Menu.Target>
            <ActionIcon
              size={36}
              variant="filled"
              className={classes.more}
              aria-label="More ways to refresh"
              disabled={operation.isPending}
            >
              <IconChevronDown size={17} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => run('refresh')}>
              Refresh what changed
              <Text size="xs" c="dimmed">
                Recomputes the parts that changes touched.
              </Text>
            </Menu.Item>
            <Menu.Item onClick={() => run('fullRefresh')}>
              Recompute everything
              <Text size="xs" c="dimmed">
                Runs the whole query, and writes only the rows that differ.
              </Text>
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Button.Group>
      <Button
        variant="default"
        leftSection={paused ? <IconPlayerPlay size={17} aria-hidden /> : <IconPlayerPause size={17} aria-hidden />}
        loading={running === 'pause' || running === 'resume'}
        disabled={operation.isPending || view.state === 'building'}
        onClick={() => run(paused ? 'resume' : 'pause')}
      >
        {paused ? 'Resume' : 'Pause'}
      </Button>
      <Button
        variant="default"
        leftSection={<IconShieldCheck size={17} aria-hidden />}
        loading={running === 'verify'}
        disabled={operation.isPending}
        onClick={() => run('verify')}
        title="Compares every kept row with the query, at one snapshot"
      >
        Verify
      </Button>
      <Button
        variant="default"
        leftSection={
          view.bypassed ? <IconDatabase size={17} aria-hidden /> : <IconArrowRampRight size={17} aria-hidden />
        }
        loading={running === 'bypass' || running === 'restore'}
        disabled={operation.isPending}
        onClick={() => run(view.bypassed ? 'restore' : 'bypass')}
        title={
          view.bypassed
            ? 'Gives readers the kept rows again'
            : 'Gives readers the query itself instead of the kept rows'
        }
      >
        {view.bypassed ? 'Restore kept rows' : 'Bypass'}
      </Button>
    </div>
  )
}
