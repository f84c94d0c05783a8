import { Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconBulb } from '@tabler/icons-react'
import type { AdviceGiven, Maintenance as Kind, SourceExplanation } from '../../protocol/explanation.js'
import type { KnownDetail } from '../api/queries.js'
import { CodeLink } from '../docs/CodeLink.js'
import { CopyButton } from '../parts/CopyButton.js'
import { Prose } from '../parts/Prose.js'
import { Sql } from '../parts/Sql.js'
import classes from './sections.module.css'

const kinds: Readonly<Record<Kind, { readonly label: string; readonly tone: string; readonly does: string }>> = {
  slice: { label: 'slices', tone: 'good', does: 'a change recomputes only the slices it touches' },
  delta: { label: 'deltas', tone: 'good', does: 'a change is added to what is kept of its group' },
  full: { label: 'whole', tone: 'warning', does: 'a change recomputes the whole view' },
}

/** How the view is kept, table by table, and why. */
export function Maintenance({ view }: { readonly view: KnownDetail }) {
  const { explanation } = view
  return (
    <section aria-labelledby="maintenance">
      <div className={classes.sectionHead}>
        <Title order={2} id="maintenance">
          How it is maintained
        </Title>
      </div>
      <Text mb="sm">{summary(view)}</Text>
      <ul className={`surface ${classes.sources}`}>
        {explanation.sources.map((source) => (
          <Source key={source.table} source={source} />
        ))}
      </ul>
      {explanation.advice.length > 0 && (
        <ul className={classes.advices}>
          {explanation.advice.map((advice) => (
            <Advice key={`${advice.code} ${advice.message}`} advice={advice} />
          ))}
        </ul>
      )}
    </section>
  )
}

function summary({ explanation, storage }: KnownDetail): string {
  if (storage === 'matview') return 'It is a native materialized view: PostgreSQL recomputes all of it each time.'
  if (explanation.incremental) return 'It is incremental: a refresh costs what changed, whichever table that was.'
  const whole = explanation.sources.filter(({ maintenance }) => maintenance === 'full').length
  if (whole === explanation.sources.length)
    return 'Each change recomputes all of it; only the rows that differ are written.'
  return `It is incremental for some of its tables; changes of ${whole === 1 ? 'one' : whole} of them recompute all of it.`
}

function Source({ source }: { readonly source: SourceExplanation }) {
  const { label, tone, does } = kinds[source.maintenance]
  return (
    <li>
      <div className={classes.sourceHead}>
        <code>{source.table}</code>
        <span className={classes.tag} data-tone={tone} title={does}>
          {label}
        </span>
        {source.key !== undefined && source.key.length > 0 && (
          <Text span size="sm" c="dimmed">
            by {source.key.join(', ')}
          </Text>
        )}
        {source.code !== undefined && (
          <span className={classes.pushRight}>
            <CodeLink code={source.code} />
          </span>
        )}
      </div>
      {source.reason !== undefined && (
        <Text size="sm" mt={4}>
          <Prose text={source.reason} />
        </Text>
      )}
      {source.hint !== undefined && (
        <Text size="sm" c="dimmed" mt={4}>
          <Prose text={source.hint} />
        </Text>
      )}
    </li>
  )
}

function Advice({ advice }: { readonly advice: AdviceGiven }) {
  const warning = advice.severity === 'warning'
  const Icon = warning ? IconAlertTriangle : IconBulb
  return (
    <li className={`surface ${classes.advice}`} data-tone={warning ? 'warning' : 'notice'}>
      <div className={classes.sourceHead}>
        <Icon size={18} aria-hidden className={classes.adviceIcon} />
        <Text span size="sm" fw={600}>
          {warning ? 'Warning' : 'Advice'}
        </Text>
        <span className={classes.pushRight}>
          <CodeLink code={advice.code} />
        </span>
      </div>
      <Text size="sm">
        <Prose text={advice.message} />
      </Text>
      {advice.sql !== undefined && (
        <div className={classes.adviceSql}>
          <Sql text={advice.sql} label="SQL of this advice" wrap />
          <CopyButton text={advice.sql} label="Copy SQL" />
        </div>
      )}
    </li>
  )
}
