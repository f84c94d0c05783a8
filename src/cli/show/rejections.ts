import type { Explanation } from '../../protocol/explanation.js'
import { counted, printable, printableLines, wrap } from '../format.js'
import type { Terminal } from '../terminal.js'

/** A view that is not incremental, and a table that is the reason. */
export interface Rejection {
  readonly view: string
  readonly table: string | null
  readonly code: string | null
  readonly reason: string | null
}

export function rejectionsOf(explanations: readonly Explanation[]): Rejection[] {
  return explanations
    .filter((explanation) => !explanation.incremental)
    .flatMap(({ view, sources }): Rejection[] => {
      const full = sources.filter((source) => source.maintenance === 'full')
      if (full.length === 0) return [{ view, table: null, code: null, reason: null }]
      return full.map(({ table, code, reason }) => ({ view, table, code: code ?? null, reason: reason ?? null }))
    })
}

export function showRejections(rejections: readonly Rejection[], { colours, width }: Terminal): string {
  if (rejections.length === 0) return `${colours.green('✓')} Every view is incremental.`
  const views = new Set(rejections.map((rejection) => rejection.view)).size
  const lines = rejections.map(({ view, table, code, reason }) => {
    const head = `  ${colours.red('✗')} ${colours.bold(printable(view))}${table === null ? '' : `  ${printable(table)}`}`
    return `${head}  ${colours.dim(code ?? '')}\n${wrap(printableLines(reason ?? ''), width, '      ')}`
  })
  return [...lines, '', colours.red(`${counted(views, 'view')} ${views === 1 ? 'is' : 'are'} not incremental.`)].join(
    '\n',
  )
}
