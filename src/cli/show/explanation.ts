import { displayName } from '../../define/names.js'
import type { NormalisedView } from '../../define/types.js'
import type { Explanation, SourceExplanation } from '../../deploy/index.js'
import { fullName } from '../choose.js'
import { printable, printableLines, wrap } from '../format.js'
import type { Colours, Terminal } from '../terminal.js'

/** Those of the chosen views, in the order of the explanations: upstream first. */
export function explanationsOf(chosen: readonly NormalisedView[], all: readonly Explanation[]): Explanation[] {
  const names = new Set(
    chosen.flatMap((view) => [displayName(view), fullName(view), view.schema === 'public' ? view.name : '']),
  )
  return all.filter((explanation) => names.has(explanation.view))
}

export function showExplanations(explanations: readonly Explanation[], terminal: Terminal): string {
  if (explanations.length === 0) return 'The configuration has no views.'
  const incremental = explanations.filter((explanation) => explanation.incremental).length
  const { colours } = terminal
  const summary = `${incremental} of ${explanations.length} incremental`
  return [
    ...explanations.map((explanation) => showExplanation(explanation, terminal)),
    incremental === explanations.length ? colours.green(summary) : colours.yellow(summary),
  ].join('\n\n')
}

/** A view as a tree: what is below it are the tables it reads, with reasons and advice hanging from them. */
function showExplanation(explanation: Explanation, terminal: Terminal): string {
  const { colours } = terminal
  const { view, incremental, key, sources, advice } = explanation
  const mixed = !incremental && sources.some((source) => source.maintenance !== 'full')
  const state = incremental
    ? colours.green('● incremental')
    : colours.yellow(mixed ? '◐ incremental in part' : '○ recomputed whole')
  const head = `${colours.bold(printable(view))}  ${state}  ${colours.dim(`key ${list(key)}`)}`
  const branches = [
    ...showSources(sources, terminal),
    ...advice.map((item) => showAdvice(item, terminal)),
    ...(mixed ? [colours.dim('A change of a table that is marked full recomputes the whole view.')] : []),
  ]
  return [head, ...branches.flatMap((branch, index) => hang(branch, index === branches.length - 1, colours))].join('\n')
}

function showSources(sources: readonly SourceExplanation[], terminal: Terminal): string[] {
  const nameWidth = Math.max(0, ...sources.map((source) => printable(source.table).length))
  return sources.map((source) => showSource(source, nameWidth, terminal))
}

function showSource(source: SourceExplanation, nameWidth: number, { colours, width }: Terminal): string {
  const name = printable(source.table).padEnd(nameWidth)
  if (source.maintenance !== 'full') {
    const along = source.key === undefined ? '' : ` by ${list(source.key)}`
    return `${name}  ${colours.green(source.maintenance)}${colours.dim(along)}`
  }
  const code = source.code === undefined ? '' : `  ${colours.dim(source.code)}`
  const reason = source.reason === undefined ? [] : [wrap(printableLines(source.reason), width - treeWidth)]
  return [`${name}  ${colours.yellow('full')}${code}`, ...reason].join('\n')
}

function showAdvice({ code, message, sql }: Explanation['advice'][number], { colours, width }: Terminal): string {
  const lines = [`${colours.cyan('advice')}  ${colours.dim(code)}`, wrap(printableLines(message), width - treeWidth)]
  if (sql !== undefined) lines.push(colours.cyan(`${printableLines(sql)};`))
  return lines.join('\n')
}

const treeWidth = 3

function hang(text: string, last: boolean, colours: Colours): string[] {
  return text.split('\n').map((line, index) => {
    const branch = index === 0 ? (last ? '└─' : '├─') : last ? '  ' : '│ '
    return `${colours.dim(branch)} ${line}`
  })
}

function list(columns: readonly string[]): string {
  return columns.length === 0 ? '(): one row' : `(${columns.map(printable).join(', ')})`
}
