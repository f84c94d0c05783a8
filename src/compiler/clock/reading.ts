import { kindOf, type Node, names, readsColumns, rewrite, stringConstant, walk } from '../parse/ast.js'
import { cast } from '../plan/buckets.js'

/**
 * What reads the clock. Within a transaction it stands still for the functions that are told by `moment`; no view can
 * follow the others, which tell another time at each call.
 */
const still = new Set(['now', 'transaction_timestamp'])
const running = new Set(['statement_timestamp', 'clock_timestamp', 'timeofday'])

const momentTypes: ReadonlyMap<string, string> = new Map([
  ['SVFOP_CURRENT_TIMESTAMP', 'timestamptz'],
  ['SVFOP_CURRENT_DATE', 'date'],
  ['SVFOP_CURRENT_TIME', 'timetz'],
  ['SVFOP_LOCALTIMESTAMP', 'timestamp'],
  ['SVFOP_LOCALTIME', 'time'],
])

/** How a node reads the clock: `moment`, by what `atMoment` can set to another time; `other`, in any other way. */
export function clockRead(node: object): 'moment' | 'other' | undefined {
  switch (kindOf(node)) {
    case 'SQLValueFunction': {
      const op = operation(node as Node)
      if (momentTypes.has(op)) return 'moment'
      return /DATE|TIME/.test(op) ? 'other' : undefined
    }
    case 'FuncCall':
      return clockCall(node as Node)
    case 'TypeCast':
      return saysToday(node as Node) ? 'other' : undefined
    default:
      return undefined
  }
}

/** The name under which a user knows it. */
export function clockName(node: object): string {
  const call = calledName(node as Node)
  if (call !== undefined) return `${call}()`
  const op = operation(node as Node)
  return op === '' ? "a text such as 'now' that is cast to a time" : op.replace('SVFOP_', '').toLowerCase()
}

export function readsClock(tree: unknown): boolean {
  let found = false
  walk(tree, (kind, body) => {
    found ||= clockRead({ [kind]: body }) !== undefined
    return !found
  })
  return found
}

/** A copy of an expression that reads this time instead of the clock. `clock`: a timestamptz. */
export function atMoment<Tree>(tree: Tree, clock: Node): Tree {
  return rewrite(tree, (value) => (clockRead(value) === 'moment' ? momentOf(value as Node, clock) : undefined))
}

function momentOf(node: Node, clock: Node): Node {
  const type = momentTypes.get(operation(node))
  if (type !== undefined) return type === 'timestamptz' ? clock : cast(clock, type)
  if (calledName(node) !== 'age' || !('FuncCall' in node)) return clock
  return {
    FuncCall: { ...node.FuncCall, args: [cast(clock, 'date'), ...(node.FuncCall.args ?? []).map(inside(clock))] },
  }
}

/** What is called with the clock may read it once more. */
function inside(clock: Node): (argument: Node) => Node {
  return (argument) => atMoment(argument, clock)
}

function operation(node: Node): string {
  return 'SQLValueFunction' in node ? String(node.SQLValueFunction.op) : ''
}

/** The name of a function of PostgreSQL's own. */
function calledName(node: Node): string | undefined {
  if (!('FuncCall' in node)) return undefined
  const path = names(node.FuncCall.funcname)
  return path.length === 1 || path[0] === 'pg_catalog' ? path.at(-1) : undefined
}

function clockCall(node: Node): 'moment' | 'other' | undefined {
  const name = calledName(node) ?? ''
  if (still.has(name) || isAgeOfToday(node)) return 'moment'
  return running.has(name) ? 'other' : undefined
}

/** `age(x)` is `age(current_date, x)`. */
export function isAgeOfToday(node: Node): boolean {
  return calledName(node) === 'age' && 'FuncCall' in node && node.FuncCall.args?.length === 1
}

const timeTypes = new Set(['date', 'timestamp', 'timestamptz', 'time', 'timetz'])
const clockWord = /now|today|tomorrow|yesterday/i

/** A constant text that is cast to a time at run time: `'today'::text::date`. PostgreSQL reads `'today'::date` but once. */
function saysToday(node: Node): boolean {
  if (!('TypeCast' in node)) return false
  const { arg, typeName } = node.TypeCast
  if (arg === undefined || 'A_Const' in arg || !timeTypes.has(names(typeName?.names).at(-1) ?? '')) return false
  if (readsColumns(arg)) return false
  // What is not one literal, as a text put together of several, may come to say anything.
  const text = stringConstant(arg)
  return text === undefined ? isPutTogether(arg) : clockWord.test(text)
}

function isPutTogether(arg: Node): boolean {
  let found = false
  walk(arg, (kind, body) => {
    if (kind === 'A_Expr' && names(body.name as readonly Node[]).at(-1) === '||') found = true
    return !found
  })
  return found
}
