import type { Node } from '@pgsql/types'

/** A node of PostgreSQL's own syntax tree, as libpg-query gives it: an object with one key, the node's kind. */
export type { Node }

type Plain = { readonly [key: string]: unknown }

const isPlain = (value: unknown): value is Plain => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The kind of a wrapped node (`ColumnRef`, `FuncCall`, …), or undefined for anything else. */
export function kindOf(value: unknown): string | undefined {
  if (!isPlain(value)) return undefined
  const keys = Object.keys(value)
  const first = keys[0]
  return keys.length === 1 && first !== undefined && /^[A-Z]/.test(first) ? first : undefined
}

/**
 * Calls `visit` for every wrapped node below (and at) `root`, parents first. When `visit` returns false,
 * what is below that node is left out.
 */
export function walk(root: unknown, visit: (kind: string, body: Plain) => boolean | undefined): void {
  if (Array.isArray(root)) {
    for (const item of root) walk(item, visit)
    return
  }
  if (!isPlain(root)) return
  const kind = kindOf(root)
  if (kind !== undefined) {
    const body = root[kind]
    if (isPlain(body)) {
      if (visit(kind, body) === false) return
      for (const value of Object.values(body)) walk(value, visit)
      return
    }
  }
  for (const value of Object.values(root)) walk(value, visit)
}

/**
 * A copy of `root` in which each object that `replace` answers for is another one. What nothing was replaced in is
 * shared with the original, so identity (`===`) still tells nodes apart.
 */
export function rewrite<T>(root: T, replace: (value: object) => object | undefined): T {
  if (Array.isArray(root)) {
    let changed = false
    const items = root.map((item: unknown) => {
      const next = rewrite(item, replace)
      if (next !== item) changed = true
      return next
    })
    return changed ? (items as T) : root
  }
  if (!isPlain(root)) return root
  const replaced = replace(root)
  if (replaced !== undefined) return replaced as T
  let copy: Record<string, unknown> | undefined
  for (const [key, value] of Object.entries(root)) {
    const next = rewrite(value, replace)
    if (next !== value) {
      copy ??= { ...root }
      copy[key] = next
    }
  }
  return (copy ?? root) as T
}

/** The text of a list of `String` nodes, such as a function's or an operator's name. */
export function names(list: readonly Node[] | undefined): string[] {
  return (list ?? []).map((node) => ('String' in node ? (node.String.sval ?? '') : ''))
}

/** Two trees are the same when they differ in nothing but where they stand in the text. */
export function sameTree(left: unknown, right: unknown): boolean {
  return fingerprint(left) === fingerprint(right)
}

const positional = new Set(['location', 'list_start', 'list_end', 'rexpr_list_start', 'rexpr_list_end'])

export function fingerprint(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => (positional.has(key) ? undefined : inner))
}

/** The name of the function a node calls, without its schema; undefined when it is not a call. */
export function functionName(node: Node): string | undefined {
  return 'FuncCall' in node ? names(node.FuncCall.funcname).at(-1) : undefined
}

/** A reference to a column, with the alias of what it belongs to. */
export function columnOf(alias: string, column: string): Node {
  return { ColumnRef: { fields: [{ String: { sval: alias } }, { String: { sval: column } }] } }
}

/** A string constant, looking through casts: `'week'::text` is `week`. */
export function stringConstant(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined
  if ('TypeCast' in node) return stringConstant(node.TypeCast.arg)
  if ('A_Const' in node) return node.A_Const.sval?.sval
  return undefined
}

/** Whether an expression reads any column. One that does not can stand where it is. */
export function readsColumns(tree: unknown): boolean {
  let found = false
  walk(tree, (kind) => {
    if (kind === 'ColumnRef' || kind === 'SubLink') found = true
    return !found
  })
  return found
}
