import { TidemarkError } from '../protocol/errors.js'
import { isDatabaseUrl } from './schema/fields.js'

/** Where the URL was given: for messages, which must not show the URL itself. */
export type DatabaseUrlSource = '--database' | 'database' | 'TIDEMARK_DATABASE_URL' | 'DATABASE_URL'

export interface DatabaseUrl {
  readonly url: string
  readonly source: DatabaseUrlSource
}

export interface DatabaseUrlPlaces {
  /** The command line's `--database`. */
  readonly flag?: string | undefined
  /** `database` of the configuration. */
  readonly config?: string | null | undefined
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * The first that is given of `--database`, the configuration's `database`, `TIDEMARK_DATABASE_URL` and
 * `DATABASE_URL`; an empty text counts as not given. Raises DATABASE_URL_MISSING, or CONFIG_INVALID when it is no
 * PostgreSQL URL.
 */
export function resolveDatabaseUrl({ flag, config, env = process.env }: DatabaseUrlPlaces = {}): DatabaseUrl {
  const places: readonly [DatabaseUrlSource, string | null | undefined][] = [
    ['--database', flag],
    ['database', config],
    ['TIDEMARK_DATABASE_URL', env.TIDEMARK_DATABASE_URL],
    ['DATABASE_URL', env.DATABASE_URL],
  ]
  for (const [source, given] of places) {
    const url = given?.trim()
    if (url === undefined || url === '') continue
    if (!isDatabaseUrl(url)) {
      throw new TidemarkError('CONFIG_INVALID', `${source}: is not a PostgreSQL URL`, {
        hint: 'It starts with postgres:// or postgresql://, as in postgres://user:password@host:5432/name.',
      })
    }
    return { url, source }
  }
  throw new TidemarkError('DATABASE_URL_MISSING', 'No database was named.', {
    hint: 'Give --database, or `database` in the configuration, or set TIDEMARK_DATABASE_URL or DATABASE_URL.',
  })
}

/**
 * The URL without its passwords, for logs and messages. A password that was not percent-encoded may hold any
 * character, so that everything between the first colon and the last @ goes: too much rather than too little.
 */
export function redactUrl(url: string): string {
  return url.replace(/(:\/\/.*?:).*@/s, '$1***@').replace(/(\w*password\s*=\s*)('(?:[^'\\]|\\.)*'|[^&\s]*)/gi, '$1***')
}
