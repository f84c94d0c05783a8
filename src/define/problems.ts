/** Everything wrong with a configuration, gathered first and raised as one error. */
import { type ErrorCode, TidemarkError } from '../protocol/errors.js'
import { displayName, type QualifiedName, readName } from './names.js'
import { shorten } from './schema/wording.js'

export interface Problem {
  readonly code: ErrorCode
  /** From the root of the configuration: `['views', 2, 'freshness']`. */
  readonly path: readonly PropertyKey[]
  /** What is wrong there, said of the field: 'is required'. */
  readonly message: string
}

/** Raises the problems; returns when there are none. `input` is the configuration as written: views are named from it. */
export function raise(problems: readonly Problem[], input: unknown): void {
  const [first, ...rest] = problems
  if (first === undefined) return
  const lines = problems.map((problem) => describe(problem, input))
  const message = rest.length === 0 ? lines.join('') : `${lines.length} problems:\n${lines.map(indent).join('\n')}`
  // One code for all of them, where they agree: a missing file is only then told from a misspelt option.
  const code = rest.every((problem) => problem.code === first.code) ? first.code : 'CONFIG_INVALID'
  const view = rest.length === 0 ? viewName(first, input) : undefined
  throw new TidemarkError(code, message, {
    hint: hints[code] ?? referenceHint,
    ...(view === undefined ? {} : { view }),
  })
}

const referenceHint = 'Each option is described in docs/reference/configuration.md.'

const hints: Partial<Record<ErrorCode, string>> = {
  DUPLICATE_VIEW: 'Give each view a name of its own, or put one of them in another schema.',
  QUERY_FILE_NOT_FOUND: 'The path of a query file is relative to the configuration file.',
}

function describe(problem: Problem, input: unknown): string {
  const name = viewName(problem, input)
  const of = name === undefined ? '' : ` ("${shorten(name)}")`
  return `${formatPath(problem.path)}${of}: ${problem.message}`
}

function indent(line: string): string {
  return `  ${line}`
}

/** `views[2].indexes[0].columns` */
function formatPath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the configuration'
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    const key = String(step)
    if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${text}[${JSON.stringify(key)}]`
    return text === '' ? key : `${text}.${key}`
  }, '')
}

function viewName({ path }: Problem, input: unknown): string | undefined {
  const [root, index] = path
  if (root !== 'views' || typeof index !== 'number') return undefined
  const name = property(rawViews(input)[index], 'name')
  return typeof name === 'string' ? name : undefined
}

/** Views that have a name which another one before them has. */
export function duplicates(input: unknown): Problem[] {
  const seen = new Map<string, number>()
  const problems: Problem[] = []
  rawViews(input).forEach((raw, index) => {
    const name = qualifiedName(raw, property(property(input, 'defaults'), 'schema'))
    if (name === undefined) return
    const identity = JSON.stringify([name.schema, name.name])
    const earlier = seen.get(identity)
    if (earlier === undefined) {
      seen.set(identity, index)
      return
    }
    const message = `views[${earlier}] has this name as well (${displayName(name)})`
    problems.push({ code: 'DUPLICATE_VIEW', path: ['views', index, 'name'], message })
  })
  return problems
}

function qualifiedName(raw: unknown, defaultSchema: unknown): QualifiedName | undefined {
  const name = property(raw, 'name')
  const schema = property(raw, 'schema')
  if (typeof name !== 'string') return undefined
  const fallback = typeof defaultSchema === 'string' ? defaultSchema : 'public'
  const reading = readName(name, typeof schema === 'string' ? schema : undefined, fallback)
  return 'name' in reading ? reading.name : undefined
}

function rawViews(input: unknown): readonly unknown[] {
  const views = property(input, 'views')
  return Array.isArray(views) ? views : []
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}
