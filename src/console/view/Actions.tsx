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
import { SteadyButton } from '../parts/SteadyButton.js'
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
        <SteadyButton
          icon={<IconRefresh size={17} aria-hidden />}
          busy={running === 'refresh' || running === 'fullRefresh'}
          off={operation.isPending}
          onPress={() => run('refresh')}
        >
          Refresh
        </SteadyButton>
        <Menu position="bottom-end" width={300} disabled={operation.isPending}>
          <Menu.Target>
            <ActionIcon
              size={36}
              variant="filled"
              className={classes.more}
              aria-label="More ways to refresh"
              aria-disabled={operation.isPending}
              data-disabled={operation.isPending}
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
      <SteadyButton
        variant="default"
        icon={paused ? <IconPlayerPlay size={17} aria-hidden /> : <IconPlayerPause size={17} aria-hidden />}
        busy={running === 'pause' || running === 'resume'}
        off={operation.isPending || view.state === 'building'}
        onPress={() => run(paused ? 'resume' : 'pause')}
      >
        {paused ? 'Resume' : 'Pause'}
      </SteadyButton>
      <SteadyButton
        variant="default"
        icon={<IconShieldCheck size={17} aria-hidden />}
        busy={running === 'verify'}
        off={operation.isPending}
        onPress={() => run('verify')}
        title="Compares every kept row with the query, at one snapshot"
      >
        Verify
      </SteadyButton>
      <SteadyButton
        variant="default"
        icon={view.bypassed ? <IconDatabase size={17} aria-hidden /> : <IconArrowRampRight size={17} aria-hidden />}
        busy={running === 'bypass' || running === 'restore'}
        off={operation.isPending}
        onPress={() => run(view.bypassed ? 'restore' : 'bypass')}
        title={
          view.bypassed
            ? 'Gives readers the kept rows again'
            : 'Gives readers the query itself instead of the kept rows'
        }
      >
        {view.bypassed ? 'Restore kept rows' : 'Bypass'}
      </SteadyButton>
    </div>
  )
}
