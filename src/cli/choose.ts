import type { QualifiedName } from '../define/names.js'
import { displayName } from '../define/names.js'
import { nearest } from '../define/suggest.js'
import { TidemarkError } from '../protocol/errors.js'

/**
 * The views that the command line names, in the order in which they are known; all, when it names none.
 * @param kind 'configured' or 'deployed', for the message.
 * @throws TidemarkError UNKNOWN_VIEW, with the name that was perhaps meant.
 */
export function chooseViews<View extends QualifiedName>(
  known: readonly View[],
  names: readonly string[],
  kind: 'configured' | 'deployed',
): View[] {
  if (names.length === 0) return [...known]
  const chosen = new Set(names.map((name) => chooseView(known, name, kind)))
  return known.filter((view) => chosen.has(view))
}

function chooseView<View extends QualifiedName>(known: readonly View[], name: string, kind: string): View {
  const exact = known.filter((view) => fullName(view) === name)
  const found = exact.length > 0 ? exact : known.filter((view) => view.name === name)
  const [first, second] = found
  if (first === undefined) throw unknown(known, name, kind)
  if (second === undefined) return first
  // `public` needs no saying, here as anywhere else.
  const shown = found.find((view) => displayName(view) === name)
  if (shown !== undefined) return shown
  throw new TidemarkError('UNKNOWN_VIEW', `More than one ${kind} view is named "${name}".`, {
    hint: `Write its schema too: ${found.map(fullName).join(' or ')}.`,
  })
}

function unknown(known: readonly QualifiedName[], name: string, kind: string): TidemarkError {
  const meant = nearest(name, [...new Set(known.flatMap((view) => [displayName(view), fullName(view)]))])
  const names = known.map(displayName)
  const list = names.length === 0 ? `No view is ${kind}.` : `${kind} are: ${names.join(', ')}.`
  return new TidemarkError('UNKNOWN_VIEW', `There is no ${kind} view named "${name}".`, {
    hint: meant === undefined ? `${list.charAt(0).toUpperCase()}${list.slice(1)}` : `Did you mean ${meant}?`,
  })
}

/** A name that means one view, whatever others there are. */
export function fullName(view: QualifiedName): string {
  return `${view.schema}.${view.name}`
}
