import { everyKind, type Kind, kinds, literal } from '../kinds.js'
import { condition } from './conditions.js'
import { comparableIn, type Expression, expression, type Grammar, ofKind, type Scope } from './grammar.js'
import { scalarSubquery } from './subqueries.js'

const numbers: readonly Kind[] = ['int', 'big', 'numeric', 'money', 'small']
const texts: readonly Kind[] = ['text', 'ctext']

/** An expression of a kind over the columns of a scope. It fails for no row, whatever is in it. */
export function scalar(g: Grammar, scope: Scope, kind: Kind, depth = 2): Expression {
  const here = ofKind(scope, kind)
  if (here.length > 0 && (depth <= 0 || g.random.chance(0.6))) return g.random.pick(here)
  const outer = scope.outer === undefined ? [] : ofKind(scope.outer, kind)
  if (outer.length > 0 && g.random.chance(0.1)) return g.random.pick(outer)
  if (depth > 0 && g.random.chance(0.75)) return g.first(composed(g, scope, kind, depth - 1), () => constant(g, kind))
  return here.length > 0 ? g.random.pick(here) : constant(g, kind)
}

function constant(g: Grammar, kind: Kind): Expression {
  const own = kind === 'ctext' ? 'text' : kind
  const text = literal(g.random, own)
  return expression(own === 'text' ? `${text}::text` : text, kind)
}

type Choice = () => Expression | undefined

function composed(g: Grammar, scope: Scope, kind: Kind, depth: number): Choice[] {
  const sub = (wanted: Kind): string => scalar(g, scope, wanted, depth).sql
  const make = (sql: string, faithful?: boolean): Expression => expression(sql, kind, faithful)
  const common: Choice[] = [
    () => make(`coalesce(${sub(kind)}, ${sub(kind)})`),
    () => make(`nullif(${sub(kind)}, ${sub(kind)})`),
    () => make(`CASE WHEN ${condition(g, scope, depth)} THEN ${sub(kind)} ELSE ${sub(kind)} END`),
    () => make(`CASE WHEN ${condition(g, scope, depth)} THEN ${sub(kind)} END`),
    () => (g.may(0.35) ? scalarSubquery(g, scope, kind) : undefined),
  ]
  // A choice between two collations has none.
  if (kind === 'ctext' || kind === 'folded') return [() => ofKind(scope, kind)[0]]
  const own = particular(g, scope, kind, sub, make)
  return [...common, ...own, ...own]
}

function particular(
  g: Grammar,
  scope: Scope,
  kind: Kind,
  sub: (wanted: Kind) => string,
  make: (sql: string, faithful?: boolean) => Expression,
): Choice[] {
  const column = (of: Kind): string | undefined => {
    const found = ofKind(scope, of)
    return found.length > 0 ? g.random.pick(found).sql : undefined
  }
  const over =
    (of: Kind, write: (sql: string) => string, faithful?: boolean): Choice =>
    () => {
      const found = column(of)
      return found === undefined ? undefined : make(write(found), faithful)
    }
  switch (kind) {
    case 'int':
      return [
        () => make(`(${sub('int')} % ${g.random.int(2, 4)})`),
        over('text', (sql) => `length(${sql})`),
        over('bool', (sql) => `${sql}::integer`),
        over('ints', (sql) => `cardinality(${sql})`),
        over('range', (sql) => `lower(${sql})`),
        over('small', (sql) => `${sql}::integer`),
        over('big', (sql) => `(${sql} % 5)::integer`),
        over('ints', (sql) => `${sql}[1]`),
        () => make(`greatest(${sub('int')}, ${g.random.int(0, 4)})`),
      ]
    case 'big':
      return [() => make(`(${sub('int')}::bigint + ${sub('int')})`), over('int', (sql) => `abs(${sql}::bigint)`)]
    case 'numeric': {
      const found = numbers.flatMap((of) => ofKind(scope, of))
      const some = (): string => (found.length > 0 ? `${g.random.pick(found).sql}::numeric` : sub('numeric'))
      return [
        () => make(`(${some()} ${g.random.pick(['+', '-', '*'])} ${some()})`),
        () => make(`round(${some()}, 1)`),
        () => make(`(${some()} / nullif(${g.random.int(0, 3)}, 0))`),
        over('date', (sql) => `extract(${g.random.pick(['year', 'month', 'dow'])} FROM ${sql})`),
        over('time', (sql) => `extract(${g.random.pick(['year', 'hour', 'day'])} FROM ${sql})`),
      ]
    }
    case 'text':
      return [
        () => make(`(${sub('text')} || ${literal(g.random, 'text')})`),
        over('text', (sql) => `${g.random.pick(['upper', 'lower', 'md5'])}(${sql})`),
        over('json', (sql) => `(${sql} ->> 'b')`),
        over('mood', (sql) => `${sql}::text`),
        over('texts', (sql) => `${sql}[1]`),
        over('mood', (sql) => `concat(${sql}, '-', ${sub('text')})`),
        () => {
          const faithful = scope.columns.filter(
            ({ faithful, kind: of }) => faithful && !['noisy', 'ctext', 'folded'].includes(of),
          )
          return faithful.length > 0 ? make(`(${g.random.pick(faithful).sql})::text`) : undefined
        },
      ]
    case 'bool':
      return [() => make(`(${condition(g, scope, 1)})`)]
    case 'date':
      return [
        over('time', (sql) => `${sql}::date`),
        over('time', (sql) => `(${sql} AT TIME ZONE 'Europe/Berlin')::date`),
        over('date', (sql) => `(${sql} + ${g.random.int(1, 3)})`),
      ]
    case 'time':
      return [
        over('time', (sql) => `date_trunc('${g.random.pick(['day', 'hour', 'month', 'week'])}', ${sql})`),
        over('date', (sql) => `${sql}::timestamptz`),
        over('time', (sql) => `date_trunc('day', ${sql}, 'America/St_Johns')`),
      ]
    case 'local':
      return [
        over('time', (sql) => `(${sql} AT TIME ZONE 'Europe/Berlin')`),
        over('local', (sql) => `date_trunc('${g.random.pick(['day', 'hour', 'year'])}', ${sql})`),
      ]
    case 'span':
      return [
        over('span', (sql) => `date_trunc('hour', ${sql})`),
        over('int', (sql) => `make_interval(hours => ${sql} % 9)`),
      ]
    case 'float':
      return [over('int', (sql) => `${sql}::double precision`), over('float', (sql) => `(${sql} / 2)`)]
    case 'ints':
      return [() => make(`ARRAY[${sub('int')}, ${sub('int')}]`), over('ints', (sql) => `array_remove(${sql}, 1)`)]
    case 'json':
      return [over('json', (sql) => `(${sql} -> 'a')`), over('int', (sql) => `jsonb_build_object('a', ${sql})`)]
    case 'range':
      return [over('range', (sql) => `(${sql} * '[1,4)'::int4range)`)]
    case 'money':
      return [over('int', (sql) => `(${sql} % 100)::numeric(8,2)`)]
    default:
      return []
  }
}

/** Any expression, of a kind that is likely here. */
export function anyScalar(g: Grammar, scope: Scope, depth = 2): Expression {
  const kind =
    g.random.chance(0.85) && scope.columns.length > 0 ? g.random.pick(scope.columns).kind : g.random.pick(everyKind)
  return scalar(g, scope, kind === 'noisy' ? 'int' : kind, depth)
}

/** Something that can be compared with a value of this kind. */
export function comparableTo(g: Grammar, scope: Scope, kind: Kind, depth: number, not = ''): Expression {
  const others = comparableIn(scope, kind).filter((other) => collatesWith(other.kind, kind) && other.sql !== not)
  if (others.length > 0 && g.random.chance(0.7)) return g.random.pick(others)
  const outer =
    scope.outer === undefined ? [] : comparableIn(scope.outer, kind).filter((other) => collatesWith(other.kind, kind))
  if (outer.length > 0 && g.random.chance(0.4)) return g.random.pick(outer)
  const made = scalar(g, scope, kind, depth)
  return made.sql === not ? constant(g, kind) : made
}

/** Columns of two collations cannot be compared unless one is said. */
function collatesWith(left: Kind, right: Kind): boolean {
  return left === right || !(texts.includes(left) && texts.includes(right))
}

export function castTo(kind: Kind, sql: string): string {
  if (kind === 'noisy') return sql
  return `(${sql})::${kinds[kind].sql.replace(/ COLLATE .*/, '')}`
}
