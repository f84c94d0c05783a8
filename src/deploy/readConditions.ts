import type { QueryFacts } from '../compiler/facts.js'
import { ident, sql } from '../compiler/fragment.js'
import { type Node, names, walk } from '../compiler/parse/ast.js'
import { behindHead, checkCondition } from '../compiler/parse/condition.js'
import { parseSelect } from '../compiler/parse/parse.js'
import type { NormalisedView } from '../define/types.js'
import type { FactsGatherer } from '../engine/facts/gather.js'
import { TidemarkError } from '../protocol/errors.js'
import { shownName } from './names.js'
import { placedFrom } from './userText.js'

const conditions = ['guard', 'filter'] as const

type ConditionName = (typeof conditions)[number]

/**
 * What is wrong with the conditions under which a view is read: told before it is deployed, and not to its readers. The
 * view itself has been added to `gatherer`.
 */
export async function readProblems(gatherer: FactsGatherer, view: NormalisedView): Promise<TidemarkError[]> {
  const problems: TidemarkError[] = []
  for (const name of conditions) {
    const text = view.read[name]
    if (text === null) continue
    const found = await gatherer.tryOut(() => check(gatherer, view, text))
    if (found instanceof TidemarkError) problems.push(about(view, name, found))
  }
  return problems
}

async function check(gatherer: FactsGatherer, view: NormalisedView, text: string): Promise<void> {
  checkCondition(text)
  const head = sql`SELECT FROM ${ident(view.schema, view.name)} WHERE\n`.text
  const facts = await gatherer.gather(`${head}${text}\n`, view.timeZone).catch((error: unknown) => {
    if (!(error instanceof TidemarkError) || error.code !== 'QUERY_INVALID') throw error
    const position = error.position && behindHead(error.position)
    throw new TidemarkError('CONFIG_INVALID', `${error.message}.`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(position === undefined ? {} : { position }),
      cause: error.cause,
    })
  })
  const moving = volatileFunction(facts)
  if (moving === undefined) return
  throw new TidemarkError('CONFIG_INVALID', `It calls ${moving}(), which is volatile.`, {
    hint: 'It may give something else for each row and change what it likes. Use a function that is STABLE or IMMUTABLE.',
  })
}

/** Found by its name, or behind an operator or a cast. */
function volatileFunction({ canonical, functions, applied }: QueryFacts): string | undefined {
  const own = applied.find(({ volatility }) => volatility === 'volatile')
  if (own !== undefined) return `${own.schema}.${own.name}`
  let found: string | undefined
  walk(parseSelect(canonical), (kind, body) => {
    if (kind !== 'FuncCall') return undefined
    const [name = '', schema = 'pg_catalog'] = names(body.funcname as readonly Node[]).reverse()
    const candidates = schema === 'pg_catalog' ? (functions.get(name) ?? []) : []
    if (candidates.some((one) => one.schema === schema && one.volatility === 'volatile')) found = name
    return undefined
  })
  return found
}

/** The error with the view, the setting and the place that it is about. */
function about(view: NormalisedView, setting: ConditionName, error: TidemarkError): TidemarkError {
  const name = shownName(view.schema, view.name)
  const origin = view.conditionsAt?.[setting]
  const position = error.position && origin && placedFrom(origin, error.position)
  const { file, line, column } = position ?? { file: `read.${setting}`, ...error.position }
  const place = line === undefined ? '' : ` (${file}:${line}:${column})`
  return new TidemarkError(error.code, `${name}${place}: read.${setting}: ${error.message}`, {
    view: name,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(position === undefined ? {} : { position }),
    cause: error.cause,
  })
}
