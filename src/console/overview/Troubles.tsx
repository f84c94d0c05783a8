import { Anchor, Button, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { useOperation } from '../api/queries.js'
import { count, plural } from '../format/number.js'
import { age as ageText } from '../format/time.js'
import { assess, type Remedy } from '../health/assess.js'
import { groupLate, lateTogetherAdvice } from '../health/groups.js'
import { ageOf, type KnownView } from '../health/known.js'
import { ConditionBadge } from '../parts/ConditionBadge.js'
import { labels, looks } from '../parts/conditionLooks.js'
import { Prose } from '../parts/Prose.js'
import { SteadyButton } from '../parts/SteadyButton.js'
import { paths } from '../paths.js'
import { OperationOutcome } from '../view/OperationOutcome.js'
import classes from './overview.module.css'
import { useKeptFocus } from './useKeptFocus.js'

const shownAtFirst = 4
/** Where the keyboard goes when the card that it is in does. */
const headings = ['#troubles', 'h1']

interface TroublesProps {
  /** Those with something wrong, the worst first. */
  readonly wrong: readonly KnownView[]
  /** All there are. */
  readonly views: readonly KnownView[]
  readonly now: number
}

/** What is wrong, the worst first: a sentence, and what to do. */
export function Troubles({ wrong, views, now }: TroublesProps) {
  const [all, setAll] = useState(false)
  const troubles = groupLate(wrong, now)
  const shown = all ? troubles : troubles.slice(0, shownAtFirst)
  return (
    <section className={classes.troubles} aria-labelledby="troubles">
      <Title order={2} id="troubles" tabIndex={-1} className={classes.sectionTitle}>
        What is wrong
      </Title>
      <ul>
        {shown.map((trouble) =>
          trouble.kind === 'view' ? (
            <Trouble key={trouble.view.view} view={trouble.view} now={now} />
          ) : (
            <LateTogether key="late" late={trouble.views} views={views} now={now} />
          ),
        )}
      </ul>
      {troubles.length > shownAtFirst && (
        <Button variant="subtle" size="compact-sm" onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${troubles.length}`}
        </Button>
      )}
    </section>
  )
}

const namedAtMost = 6

/** Many views that are late at once: for one reason, and told once. */
function LateTogether({ late, views, now }: { readonly late: readonly KnownView[] } & Omit<TroublesProps, 'wrong'>) {
  const box = useKeptFocus<HTMLLIElement>(...headings)
  const oldest = Math.max(...late.map((view) => ageOf(view, now) ?? 0))
  return (
    <li ref={box} className={`callout ${classes.trouble}`} data-tone={looks.late.tone}>
      <div className={classes.troubleHead}>
        <strong className={classes.viewName}>{plural(late.length, 'view')}</strong>
        <ConditionBadge condition="late" label={labels.late} />
      </div>
      <Text size="sm">Their rows are older than their targets allow; the oldest are {ageText(oldest)} old.</Text>
      <ul className={classes.names}>
        {late.slice(0, namedAtMost).map(({ view }) => (
          <li key={view}>
            <Anchor component={Link} href={paths.view(view)} size="sm">
              {view}
            </Anchor>
          </li>
        ))}
        {late.length > namedAtMost && <li>and {count(late.length - namedAtMost)} more</li>}
      </ul>
      <Text size="sm" c="dimmed" mt="auto">
        <Prose text={lateTogetherAdvice(views, now)} />
      </Text>
    </li>
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
  const box = useKeptFocus<HTMLLIElement>(...headings)
  return (
    <li ref={box} className={`callout ${classes.trouble}`} data-tone={looks[condition].tone}>
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
          <SteadyButton
            size="compact-sm"
            variant="default"
            busy={operation.isPending}
            off={operation.isPending}
            onPress={() => operation.mutate(remedy)}
            aria-label={`${remedies[remedy]}: ${view.view}`}
          >
            {remedies[remedy]}
          </SteadyButton>
        )}
      </div>
      <OperationOutcome result={operation.data} error={operation.error} onClose={operation.reset} />
    </li>
  )
}
