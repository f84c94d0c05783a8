import fc from 'fast-check'
import { expect, test } from 'vitest'
import { displayName, identifierProblem, readName, schemaProblem } from './names.js'

const hostile = [
  'mv_x',
  'Order Totals',
  'we"ird',
  "it's",
  'select',
  '; drop table x',
  '日本語',
  '\n',
  ' ',
  '$1',
  '--',
  'é'.repeat(31),
]

test.each(hostile)('%j is an identifier', (name) => {
  expect(identifierProblem(name)).toBeNull()
  expect(readName(name, undefined, 'public')).toEqual({ name: { schema: 'public', name } })
})

test.each([
  ['', 'is empty'],
  ['a\0b', 'NUL'],
  ['x'.repeat(64), '64 bytes'],
  ['é'.repeat(32), '64 bytes'],
  ['\ud800', 'Unicode'],
])('%j is not: %s', (name, why) => {
  expect(identifierProblem(name)).toContain(why)
})

test('with the schema given, exactly the names PostgreSQL can hold are taken, and taken whole', () => {
  const text = fc.string({
    unit: fc.oneof(fc.constantFrom('\0', '.', '"', '\ud800', 'é', '🌊', ' '), fc.string({ maxLength: 9 })),
  })
  fc.assert(
    fc.property(text, (name) => {
      const bytes = new TextEncoder().encode(name)
      const holds =
        bytes.length > 0 && bytes.length < 64 && !bytes.includes(0) && new TextDecoder().decode(bytes) === name
      const reading = readName(name, 'app', 'public')
      if (holds && !name.startsWith('app.')) expect(reading).toEqual({ name: { schema: 'app', name } })
      else expect(reading).toHaveProperty('problem')
    }),
    { numRuns: 1_000 },
  )
})

test('a dot divides schema and name', () => {
  expect(readName('app.mv', undefined, 'public')).toEqual({ name: { schema: 'app', name: 'mv' } })
  expect(readName('mv', undefined, 'reports')).toEqual({ name: { schema: 'reports', name: 'mv' } })
  expect(readName('a.b', 'app', 'public')).toEqual({ name: { schema: 'app', name: 'a.b' } })
})

test.each([
  ['a.b.c', undefined, 'more than one dot'],
  ['.mv', undefined, 'is empty'],
  ['app.', undefined, 'is empty'],
  ['app.mv', 'app', 'leave one of them out'],
  ['tidemark.mv', undefined, 'not for views'],
  ['mv', 'pg_temp', 'not for views'],
])('%j in schema %j is refused: %s', (name, schema, why) => {
  expect(readName(name, schema, 'public')).toEqual({ problem: expect.stringContaining(why) })
})

test('the schemas of PostgreSQL and of Tidemark are not for views', () => {
  for (const schema of ['pg_catalog', 'information_schema', 'tidemark', 'tidemark_data', 'tidemark_log']) {
    expect(schemaProblem(schema)).toContain(schema)
  }
  expect(schemaProblem('Tidemark')).toBeNull()
})

test('messages say the schema where it is not public, or a dot would be taken for one', () => {
  expect(displayName({ schema: 'public', name: 'mv' })).toBe('mv')
  expect(displayName({ schema: 'app', name: 'mv' })).toBe('app.mv')
  expect(displayName({ schema: 'public', name: 'a.b' })).toBe('public.a.b')
})
