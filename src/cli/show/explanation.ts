import { displayName } from '../../define/names.js'
import type { NormalisedView } from '../../define/types.js'
import type { Warning } from '../../deploy/index.js'
import type { SourceRange } from '../../protocol/errors.js'
import type { AdviceGiven, Explanation, SourceExplanation } from '../../protocol/explanation.js'
import { fullName } from '../choose.js'
import { excerpt } from '../excerpt.js'
import { printable, printableLines, withCode, wrap } from '../format.js'
import type { Colours, Terminal } from '../terminal.js'

/** Those of the chosen views, in the order of the explanations: upstream first. */
export function explanationsOf(chosen: readonly NormalisedView[], all: readonly Explanation[]): Explanation[] {
  const names = namesOf(chosen)
  return all.filter((explanation) => names.has(explanation.view))
}

/** The names under which explanations and errors may have them. */
export function namesOf(views: readonly NormalisedView[]): ReadonlySet<string> {
  return new Set(
    views.flatMap((view) => [displayName(view), fullName(view), view.schema === 'public' ? view.name : '']),
  )
}

export function showExplanations(
  explanations: readonly Explanation[],
  views: readonly NormalisedView[],
  terminal: Terminal,
): string {
  if (explanations.length === 0) return 'The configuration has no views.'
  const incremental = explanations.filter((explanation) => explanation.incremental).length
  const { colours } = terminal
  const summary = `${incremental} of ${explanations.length} incremental`
  return [
    ...explanations.map((explanation) => showExplanation(explanation, { terminal, views })),
    incremental === explanations.length ? colours.green(summary) : colours.yellow(summary),
  ].join('\n\n')
}

interface Surroundings {
  readonly terminal: Terminal
  readonly views: readonly NormalisedView[]
}

/** A view as a tree: what is below it are the tables it reads, with reasons and advice hanging from them. */
function showExplanation(explanation: Explanation, around: Surroundings): string {
  const { colours } = around.terminal
  const { view, incremental, key, sources, advice } = explanation
  const mixed = !incremental && sources.some((source) => source.maintenance !== 'full')
  const state = incremental
    ? colours.green('● incremental')
    : colours.yellow(mixed ? '◐ incremental in part' : '○ recomputed whole')
  const head = `${colours.bold(printable(view))}  ${state}  ${colours.dim(`key ${list(key)}`)}`
  const branches = [
    ...showSources(explanation, around),
    ...advice.map((item) => showAdvice(view, item, around)),
    ...(mixed ? [[colours.dim('A change of a table that is marked full recomputes the whole view.')]] : []),
  ]
  return [head, ...branches.flatMap((branch, index) => hang(branch, index === branches.length - 1, colours))].join('\n')
}

function showSources({ view, sources }: Explanation, around: Surroundings): string[][] {
  const nameWidth = Math.max(0, ...sources.map((source) => printable(source.table).length))
  return sources.map((source, index) => {
    const told = sources.slice(0, index).find((other) => isSameReason(other, source))
    return showSource(view, source, { nameWidth, told, around })
  })
}

/** Of the code, the words and the place: a clock in the query concerns each of its tables alike. */
function isSameReason(one: SourceExplanation, other: SourceExplanation): boolean {
  if (other.whyNotDelta !== undefined) return one.whyNotDelta?.reason === other.whyNotDelta.reason
  return other.reason !== undefined && one.reason === other.reason && one.position?.start === other.position?.start
}

function showSource(
  view: string,
  source: SourceExplanation,
  place: { nameWidth: number; told: SourceExplanation | undefined; around: Surroundings },
): string[] {
  const { colours, width } = place.around.terminal
  const name = printable(source.table).padEnd(place.nameWidth)
  if (source.maintenance !== 'full') {
    const along = source.key === undefined ? '' : ` by ${list(source.key)}`
    const head = `${name}  ${colours.green(source.maintenance)}${colours.dim(along)}`
    const why = source.whyNotDelta
    if (why === undefined) return [head]
    if (place.told !== undefined) return [`${head}  ${colours.dim(`${why.code}, as ${printable(place.told.table)}`)}`]
    const reason = lines(wrap(printableLines(why.reason), width - treeWidth)).map((line) => colours.dim(line))
    return [`${head}  ${colours.dim(why.code)}`, ...reason, ...showHint(why.hint, place.around.terminal), '']
  }
  const code = source.code === undefined ? '' : `  ${colours.dim(source.code)}`
  const head = `${name}  ${colours.yellow('full')}${code}`
  if (place.told !== undefined) return [`${head}${colours.dim(`, as ${printable(place.told.table)}`)}`]
  const reason = source.reason === undefined ? [] : lines(wrap(printableLines(source.reason), width - treeWidth))
  const hint = source.hint === undefined ? [] : showHint(source.hint, place.around.terminal)
  return [head, ...reason, ...showPlace(view, source.position, place.around, colours.yellow), ...hint, '']
}

function showAdvice(view: string, given: AdviceGiven, around: Surroundings): string[] {
  const { code, message, sql, severity, position } = given
  const { colours, width } = around.terminal
  const paint = severity === undefined ? colours.cyan : colours.yellow
  return [
    `${paint(severity ?? 'advice')}  ${colours.dim(code)}`,
    ...lines(painted(wrap(printableLines(message), width - treeWidth), around.terminal)),
    ...showPlace(view, position, around, paint),
    ...(sql === undefined ? [] : [`${colours.dim('→')} ${colours.cyan(`${printableLines(sql)};`)}`]),
    '',
  ].filter((line, index, all) => line !== '' || all[index - 1] !== '')
}

/** Below a plan, where only what is dangerous is told. */
export function showWarning(warning: Warning, views: readonly NormalisedView[], terminal: Terminal): string {
  const { colours, width } = terminal
  const { view, code, message, position } = warning
  const head = `${colours.yellow('warning')}  ${colours.bold(printable(view))}  ${colours.dim(code)}`
  const place = showPlace(view, position, { terminal, views }, colours.yellow)
  return [head, wrap(printableLines(message), width, '  '), ...place.slice(0, -1)].join('\n')
}

function showHint(hint: string, terminal: Terminal): string[] {
  const wrapped = lines(wrap(printableLines(hint), terminal.width - treeWidth - 2))
  const shown = lines(painted(wrapped.join('\n'), terminal))
  return shown.map((line, index) => `${index === 0 ? terminal.colours.dim('→') : ' '} ${line}`)
}

function showPlace(
  view: string,
  position: SourceRange | undefined,
  { terminal, views }: Surroundings,
  paint: (text: string) => string,
): string[] {
  if (position === undefined) return []
  const style = { colours: terminal.colours, paint, around: 1 }
  return ['', ...excerpt(view, position, views, style).map((line) => `  ${line}`), '']
}

function painted(text: string, { colours }: Terminal): string {
  return withCode(text, colours.cyan, colours.isColorSupported)
}

function lines(text: string): string[] {
  return text.split('\n')
}

const treeWidth = 3

function hang(branch: readonly string[], last: boolean, colours: Colours): string[] {
  // A gap between branches is for the eye; below the last one there is nothing to be told apart.
  const end = last ? branch.findLastIndex((line) => line !== '') + 1 : branch.length
  return branch.slice(0, end).map((line, index) => {
    if (line === '') return last ? '' : colours.dim('│')
    const stem = index === 0 ? (last ? '└─' : '├─') : last ? '  ' : '│ '
    return `${colours.dim(stem)} ${line}`
  })
}

function list(columns: readonly string[]): string {
  return columns.length === 0 ? '(): one row' : `(${columns.map(printable).join(', ')})`
}
