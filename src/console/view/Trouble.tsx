import { Text } from '@mantine/core'
import type { KnownDetail } from '../api/queries.js'
import { CodeLink } from '../docs/CodeLink.js'
import type { Assessment } from '../health/assess.js'
import { ConditionIcon } from '../parts/ConditionBadge.js'
import { looks } from '../parts/conditionLooks.js'
import { Prose } from '../parts/Prose.js'
import classes from './page.module.css'

/** What is wrong with the view, with its last error in full. */
export function Trouble({ view, assessment }: { readonly view: KnownDetail; readonly assessment: Assessment }) {
  const { condition, problem, advice } = assessment
  if (problem === null) return null
  const { lastError } = view
  const warnings = view.warnings.filter(({ message }) => !problem.startsWith(message))
  return (
    <section className={`callout ${classes.trouble}`} data-tone={looks[condition].tone} aria-label="What is wrong">
      <ConditionIcon condition={condition} size={22} />
      <div>
        <Text>
          <Prose text={problem} />
        </Text>
        <Text size="sm" c="dimmed" mt={4}>
          <Prose text={advice ?? ''} />
        </Text>
        {lastError !== null && (
          <Text size="sm" mt={8}>
            What <CodeLink code={lastError.code} /> means, and what else can be done
          </Text>
        )}
        {warnings.map(({ message, hint }) => (
          <Text key={message} size="sm" mt={8}>
            <Prose text={`${message} ${hint}`} />
          </Text>
        ))}
      </div>
    </section>
  )
}
