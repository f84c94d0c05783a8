import { Anchor, Button, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { useOperation } from '../api/queries.js'
import { assess, type Remedy } from '../health/assess.js'
import type { KnownView } from '../health/known.js'
import { ConditionBadge } from '../parts/ConditionBadge.js'
import { looks } from '../parts/conditionLooks.js'
import { Prose } from '../parts/Prose.js'
import { paths } from '../paths.js'
import { OperationOutcome } from '../view/OperationOutcome.js'
import classes from './overview.module.css'

const shownAtFirst = 4

/** What is wrong, the worst first: a sentence, and what to do. */
export function Troubles({ views, now }: { readonly views: readonly KnownView[]; readonly now: number }) {
  const [all, setAll] = useState(false)
  const shown = all ? views : views.slice(0, shownAtFirst)
  return (
    <section className={classes.troubles} aria-labelledby="troubles">
      <Title order={2} id="troubles" className={classes.sectionTitle}>
        What is wrong
      </Title>
      <ul>
        {shown.map((view) => (
          <Trouble key={view.view} view={view} now={now} />
        ))}
      </ul>
      {views.length > shownAtFirst && (
        <Button variant="subtle" size="compact-sm" onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${views.length}`}
        </Button>
      )}
    </section>
  )
}

const remedies: Readonly<Record<Remedy, string>> = {
  refresh: 'Refresh now',
  resume: 'Resume',
  restore: 'Restore kept rows',
}

function Trouble({ view, now }: { readonly view: KnownView; readonly now: number }) {
  const { condition, label, problem, advice, remedy } = assess(view, now)
  const operation = useOperation(view.view)
  return (
    <li className={classes.trouble} data-tone={looks[condition].tone}>
      <div className={classes.troubleHead}>
        <Anchor component={Link} href={paths.view(view.view)} className={classes.viewName}>
          {view.view}
        </Anchor>
        <ConditionBadge condition={condition} label={label} />
      </div>
      <Text size="sm">
        <Prose text={problem ?? ''} />
      </Text>
      <div className={classes.troubleFoot}>
        <Text size="sm" c="dimmed">
          <Prose text={advice ?? ''} />
        </Text>
        {remedy !== null && (
          <Button
            size="compact-sm"
            variant="default"
            loading={operation.isPending}
            onClick={() => operation.mutate(remedy)}
            aria-label={`${remedies[remedy]}: ${view.view}`}
          >
            {remedies[remedy]}
          </Button>
        )}
      </div>
      <OperationOutcome result={operation.data} error={operation.error} onClose={operation.reset} />
    </li>
  )
}
