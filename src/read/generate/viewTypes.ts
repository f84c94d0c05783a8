import { displayName } from '../../define/names.js'
import type { ColumnFacts } from '../facts.js'
import { columnTypeOf } from './columnTypes.js'
import { jsonTypeOf } from './jsonTypes.js'

export interface GeneratedView {
  readonly schema: string
  readonly name: string
  readonly description: string | null
  readonly columns: readonly ColumnFacts[]
}

export interface GenerateOptions {
  readonly zod: boolean
  /** What rows are once they have travelled as JSON. Default: left out. */
  readonly json?: boolean
  readonly kysely: boolean
  readonly drizzle: boolean
}

interface Named extends GeneratedView {
  /** `view`, or `schema.view` outside of public. */
  readonly shown: string
  /** What its types are called. */
  readonly type: string
}

const head = '// Written by `tidemark generate` from the deployed views. Changes to this file are overwritten.\n'

const interval = `/** As \`pg\` gives it: what is 0 is left out. */
export interface Interval {
  years?: number
  months?: number
  days?: number
  hours?: number
  minutes?: number
  seconds?: number
  milliseconds?: number
  toPostgres(): string
  toISOString(): string
}
`

const arrayOf = `/** Of how many dimensions an array is, PostgreSQL does not say beforehand: of several, arrays are in it. */
const arrayOf = <Element>(element: z.ZodType<Element>) =>
  z.custom<(Element | null)[]>(
    (value) =>
      Array.isArray(value) &&
      value.flat(Infinity).every((one) => one === null || element.safeParse(one).success),
  )
`

/** TypeScript for views, the same text for the same views. */
export function generateTypes(views: readonly GeneratedView[], options: GenerateOptions): string {
  const named = nameTypes(views)
  const parts = [
    head + imports(named, options),
    ...(usesInterval(named) ? [interval] : []),
    ...named.map(rowType),
    viewsType(named),
    ...(options.json === true ? [jsonTypes(named)] : []),
    ...(options.zod && usesArrays(named) ? [arrayOf] : []),
    ...(options.zod ? named.map(zodSchema) : []),
    ...(options.kysely ? [kyselyTypes(named)] : []),
    ...(options.drizzle ? drizzleViews(named) : []),
  ]
  return parts.join('\n')
}

function usesInterval(views: readonly Named[]): boolean {
  return views.some(({ columns }) => columns.some((column) => columnTypeOf(column).typescript.includes('Interval')))
}

function usesArrays(views: readonly Named[]): boolean {
  return views.some(({ columns }) => columns.some((column) => columnTypeOf(column).isArray))
}

function nameTypes(views: readonly GeneratedView[]): Named[] {
  const taken = new Set(['Views', 'JsonViews', 'Interval', 'Database', 'Buffer', 'Date', 'ColumnType'])
  return [...views]
    .sort((one, other) => (displayName(one) < displayName(other) ? -1 : 1))
    .map((view) => {
      const shown = displayName(view)
      const words = shown.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
      const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
      const plain = /^[\p{L}]/u.test(pascal) ? pascal : `View${pascal}`
      let type = plain
      for (let number = 2; taken.has(type); number++) type = `${plain}${number}`
      taken.add(type)
      return { ...view, shown, type }
    })
}

function imports(views: readonly Named[], { zod, kysely, drizzle }: GenerateOptions): string {
  const lines: string[] = []
  if (drizzle && views.length > 0) lines.push(`import { ${drizzleNames(views).join(', ')} } from 'drizzle-orm/pg-core'`)
  if (kysely) lines.push("import type { ColumnType } from 'kysely'")
  if (zod && views.length > 0) lines.push("import { z } from 'zod'")
  return lines.map((line) => `${line}\n`).join('')
}

/** `__proto__` written plainly would be the prototype of an object. */
function property(name: string): string {
  if (name === '__proto__') return '["__proto__"]'
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
}

function comment(text: string | null): string {
  if (text === null) return ''
  const lines = text.replaceAll('*/', '*\\/').split(/\r\n|[\n\r\u2028\u2029]/)
  return lines.length === 1 ? `/** ${lines[0]} */\n` : `/**\n${lines.map((line) => ` * ${line}\n`).join('')} */\n`
}

function valueType(column: ColumnFacts): string {
  return nullable(columnTypeOf(column).typescript, column)
}

function nullable(type: string, column: ColumnFacts): string {
  return column.nullable && type !== 'unknown' ? `${type} | null` : type
}

function rowType({ type, columns, description }: Named): string {
  const fields = columns.map((column) => `  ${property(column.name)}: ${valueType(column)}\n`)
  return `${comment(description)}export interface ${type} {\n${fields.join('')}}\n`
}

function viewsType(views: readonly Named[]): string {
  const fields = views.map(({ shown, type }) => `  ${property(shown)}: ${type}\n`)
  return `/** Rows by view: \`createReader<Views>({ … })\`. */\nexport interface Views {\n${fields.join('')}}\n`
}

function jsonTypes(views: readonly Named[]): string {
  const rows = views.map(({ shown, columns }) => {
    const fields = columns.map((column) => `    ${property(column.name)}: ${nullable(jsonTypeOf(column), column)}\n`)
    return `  ${property(shown)}: {\n${fields.join('')}  }\n`
  })
  return `/** Rows by view, as JSON has them: for \`tidemark/react\`, and whoever reads over HTTP. */\nexport interface JsonViews {\n${rows.join('')}}\n`
}

function zodSchema({ type, columns }: Named): string {
  const fields = columns.map((column) => {
    const { zod } = columnTypeOf(column)
    return `  ${property(column.name)}: ${zod}${column.nullable && zod !== 'z.unknown()' ? '.nullable()' : ''},\n`
  })
  return `export const ${lower(type)}Schema = z.object({\n${fields.join('')}})\n`
}

function lower(type: string): string {
  return type.charAt(0).toLowerCase() + type.slice(1)
}

/** Columns that are read and never written. */
function kyselyTypes(views: readonly Named[]): string {
  const tables = views.map(({ shown, columns }) => {
    const fields = columns.map(
      (column) => `    ${property(column.name)}: ColumnType<${valueType(column)}, never, never>\n`,
    )
    return `  ${property(shown)}: {\n${fields.join('')}  }\n`
  })
  return `/** For \`new Kysely<Database>({ … })\`. */\nexport interface Database {\n${tables.join('')}}\n`
}

function drizzleNames(views: readonly Named[]): string[] {
  const used = new Set(views.flatMap(({ columns }) => columns.map((column) => columnTypeOf(column).drizzle)))
  if (used.delete('bytea')) used.add('customType')
  if (views.some(({ schema }) => schema === 'public')) used.add('pgView')
  if (views.some(({ schema }) => schema !== 'public')) used.add('pgSchema')
  return [...used].sort().map((name) => (name === 'customType' ? name : `${name} as ${drizzleName(name)}`))
}

/** Apart from the names of views. */
function drizzleName(name: string): string {
  return `pg_${name}`
}

function drizzleViews(views: readonly Named[]): string[] {
  const usesBytes = views.some(({ columns }) => columns.some((column) => columnTypeOf(column).drizzle === 'bytea'))
  const bytes = "const pg_bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })\n"
  return [
    ...(usesBytes ? [bytes] : []),
    ...views.map(({ schema, name, type, columns }) => {
      const fields = columns.map((column) => {
        const { drizzle, options, isArray } = columnTypeOf(column)
        const given = [JSON.stringify(column.name), ...(options === undefined ? [] : [options])].join(', ')
        const rest = `${isArray ? '.array()' : ''}${column.nullable ? '' : '.notNull()'}`
        return `  ${property(column.name)}: ${drizzleName(drizzle)}(${given})${rest},\n`
      })
      const own = JSON.stringify(name)
      const maker =
        schema === 'public'
          ? `${drizzleName('pgView')}(`
          : `${drizzleName('pgSchema')}(${JSON.stringify(schema)}).view(`
      return `export const ${lower(type)}View = ${maker}${own}, {\n${fields.join('')}}).existing()\n`
    }),
  ]
}
