import { displayName, type QualifiedName } from '../../define/names.js'
import type { Change } from '../../deploy/index.js'
import { counted, printable } from '../format.js'
import type { Terminal } from '../terminal.js'
import { showChanges } from './changes.js'

/** The question that is asked before. */
export function whatToDrop(views: readonly QualifiedName[], everything: boolean): string {
  const names = views.map((view) => printable(displayName(view)))
  const list = names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')
  if (!everything) return `Drop ${list}?`
  return `Drop ${counted(names.length, 'view')}${names.length === 0 ? '' : ` (${list})`} and everything else that Tidemark made?`
}

export function showDropped(changes: readonly Change[], everything: boolean, terminal: Terminal): string {
  const done = everything
    ? 'Everything that Tidemark made is gone. The base tables are as they were.'
    : `Dropped ${counted(changes.length, 'view')}.`
  const lines = changes.length === 0 ? [] : [showChanges(changes, terminal), '']
  return [...lines, `${terminal.colours.green('✓')} ${done}`].join('\n')
}
