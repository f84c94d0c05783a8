import { Text } from '@mantine/core'
import { IconDatabasePlus } from '@tabler/icons-react'
import { CopyButton } from './CopyButton.js'
import { Notice } from './Notice.js'
import classes from './parts.module.css'

const steps = [
  ['npx tidemark init', 'writes a configuration, from the materialized views that the database has or with an example'],
  ['npx tidemark explain', 'says how each view would be maintained, before anything is changed'],
  ['npx tidemark apply', 'builds them; this page shows them as soon as they are there'],
] as const

/** Before anything is deployed: what to run. */
export function NoViews({ isPage }: { readonly isPage: boolean }) {
  return (
    <Notice icon={IconDatabasePlus} title="No views are deployed yet" isPage={isPage}>
      <Text c="dimmed">Three commands, in the folder of your application:</Text>
      <ol className={classes.steps}>
        {steps.map(([command, does]) => (
          <li key={command}>
            <div className={classes.step}>
              <code>{command}</code>
              <CopyButton text={command} />
            </div>
            <Text size="sm" c="dimmed">
              {does}
            </Text>
          </li>
        ))}
      </ol>
    </Notice>
  )
}
