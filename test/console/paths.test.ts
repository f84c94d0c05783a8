import { describe, expect, test } from 'vitest'
import { nameFrom, paths } from '../../src/console/paths.js'

describe('a name of a view in an address', () => {
  const names = ['mv_a', 'shop.mv_a', 'sales, by "day"', 'a/b', '100%', '%2C', 'a%20b', 'größe 日本', '?&=#+;:@$']

  test.each(names)('%s comes back as it is', (name) => {
    // What the router does to an address.
    const part = decodeURI(paths.view(name).slice('/views/'.length))
    expect(nameFrom(part)).toBe(name)
    expect(part).not.toContain('/')
    expect(nameFrom(decodeURI(paths.lineageOf(name).slice('/lineage/'.length)))).toBe(name)
  })

  test('may be typed by hand', () => {
    expect(nameFrom('100%')).toBe('100%')
  })
})
