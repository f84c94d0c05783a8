import { Text } from '@mantine/core'
import { IconFileAlert } from '@tabler/icons-react'
import type { DeploymentProblem } from '../../protocol/api.js'
import { useDeployment } from '../api/queries.js'
import { CodeLink } from '../docs/CodeLink.js'
import { plural } from '../format/number.js'
import { Prose } from '../parts/Prose.js'
import classes from './shell.module.css'

/** What is wrong with what was saved last, until it is mended. */
export function SaveProblems() {
  const { data } = useDeployment()
  const problems = data?.problems ?? []
  return (
    <div role="status">
      {problems.length > 0 && (
        <section className={`callout ${classes.saved}`} data-tone="danger" aria-label="What was saved was not applied">
          <Text fw={600} className={classes.savedTitle}>
            <IconFileAlert size={20} aria-hidden />
            {problems.length === 1
              ? 'What was saved was not applied'
              : `What was saved was not applied: ${plural(problems.length, 'problem')}`}
          </Text>
          {problems.map((problem) => (
            <SaveProblem key={JSON.stringify(problem)} problem={problem} />
          ))}
          <Text size="sm" c="dimmed">
            What is deployed stays as it is. This goes away when it is mended and saved.
          </Text>
        </section>
      )}
    </div>
  )
}

function SaveProblem({ problem }: { readonly problem: DeploymentProblem }) {
  const { code, message, hint, view, excerpt } = problem
  return (
    <div className={classes.savedProblem}>
      <Text>
        {view !== null && <strong>{view}: </strong>}
        <Prose text={message} /> {code !== null && <CodeLink code={code} />}
      </Text>
      {excerpt.length > 0 && <pre className={classes.excerpt}>{excerpt.join('\n')}</pre>}
      {hint !== null && (
        <Text size="sm">
          <Prose text={hint} />
        </Text>
      )}
    </div>
  )
}
