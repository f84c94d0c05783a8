import { expect, test } from 'vitest'
import { nearest } from './suggest.js'

const options = ['freshness', 'schedule', 'onChange', 'key', 'timeZone']

test.each([
  ['freshnes', 'freshness'],
  ['frehsness', 'freshness'],
  ['timezone', 'timeZone'],
  ['scedule', 'schedule'],
  ['on_change', 'onChange'],
  ['keys', 'key'],
])('%s was perhaps meant as %s', (written, meant) => {
  expect(nearest(written, options)).toBe(meant)
})

test.each(['', 'interval', 'k', 'xyz'])('%j is near to nothing', (written) => {
  expect(nearest(written, options)).toBeUndefined()
})
