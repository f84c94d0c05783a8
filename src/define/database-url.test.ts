import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redactUrl, resolveDatabaseUrl } from './database-url.js'

const url = (name: string) => `postgres://localhost/${name}`

test('--database comes before the configuration, and that before the environment', () => {
  const env = { TIDEMARK_DATABASE_URL: url('own'), DATABASE_URL: url('general') }
  const places = { flag: url('flag'), config: url('config'), env }
  expect(resolveDatabaseUrl(places)).toEqual({ url: url('flag'), source: '--database' })
  expect(resolveDatabaseUrl({ ...places, flag: undefined })).toEqual({ url: url('config'), source: 'database' })
  expect(resolveDatabaseUrl({ config: null, env })).toEqual({ url: url('own'), source: 'TIDEMARK_DATABASE_URL' })
  expect(resolveDatabaseUrl({ env: { ...env, TIDEMARK_DATABASE_URL: '' } })).toEqual({
    url: url('general'),
    source: 'DATABASE_URL',
  })
})

test('no database is an error that says where one can be named', () => {
  expect(() => resolveDatabaseUrl({ flag: ' ', config: '', env: {} })).toThrow(
    expect.objectContaining({ code: 'DATABASE_URL_MISSING', hint: expect.stringContaining('TIDEMARK_DATABASE_URL') }),
  )
})

test('what is no PostgreSQL URL is refused, and not shown', () => {
  const refused = expect.objectContaining({ code: 'CONFIG_INVALID', message: 'DATABASE_URL: is not a PostgreSQL URL' })
  expect(() => resolveDatabaseUrl({ env: { DATABASE_URL: 'mysql://root:secret@localhost/x' } })).toThrow(refused)
})

test.each([
  ['postgres://u:secret@h:5432/db', 'postgres://u:***@h:5432/db'],
  ['postgres://u@h:5432/db', 'postgres://u@h:5432/db'],
  ['postgres://h:5432/db', 'postgres://h:5432/db'],
  ['postgres://:secret@h/db', 'postgres://:***@h/db'],
  ['postgres://u@corp:secret@h/db', 'postgres://u@corp:***@h/db'],
  ['postgres:///db?host=/run&user=u&password=secret&x=1', 'postgres:///db?host=/run&user=u&password=***&x=1'],
  ['postgres://h/db?sslpassword=secret', 'postgres://h/db?sslpassword=***'],
  ["host=h password='se cret' user=u", 'host=h password=*** user=u'],
])('%s is shown as %s', (given, shown) => {
  expect(redactUrl(given)).toBe(shown)
})

test('no password is shown, however it is written', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 })
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(redactUrl(`postgres://me:${before}SECRET${after}@host:5432/db?sslmode=require`)).not.toContain('SECRET')
    }),
  )
})
