import pc from 'picocolors'
import type { NormalisedView } from '../../define/types.js'
import type { DeploymentProblem } from '../../protocol/api.js'
import type { TidemarkError } from '../../protocol/errors.js'
import { excerpt } from '../excerpt.js'
import { messageWithoutPlace } from '../failure.js'
import type { Outcome } from './reapply.js'

/** What the console is to show of a save; nothing where all is well. */
export function problemsOf(outcome: Outcome): DeploymentProblem[] {
  if (outcome.kind === 'applied') return []
  if (outcome.kind === 'failed') {
    return (outcome.error.problems ?? [outcome.error]).map((error) => problemOf(error, outcome.views))
  }
  const message = 'Something would be lost, so that nothing was changed.'
  return [
    {
      code: null,
      message,
      hint: 'Look at it with `tidemark plan`; `tidemark apply` does it.',
      view: null,
      excerpt: [],
    },
  ]
}

function problemOf(error: TidemarkError, views: readonly NormalisedView[]): DeploymentProblem {
  const { code, hint = null, view = null, position } = error
  const style = { colours: pc.createColors(false), paint: (text: string) => text, around: 2 }
  return {
    code,
    message: messageOf(error),
    hint,
    view,
    excerpt: position === undefined ? [] : excerpt(view ?? undefined, position, views, style),
  }
}

/** The view and the place are shown beside it. */
function messageOf(error: TidemarkError): string {
  const message = messageWithoutPlace(error)
  const name = `${error.view}: `
  return message.startsWith(name) ? message.slice(name.length) : message
}
