import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { restCodes } from '../../../src/http/rest/errors.js'
import { bounds } from '../../../src/http/rest/filters.js'
import { parseQuery } from '../../../src/http/rest/parse.js'
import { castTypes, comparisons, textSearches } from '../../../src/read/query.js'

const page = readFileSync(new URL('../../../docs/reference/http-reading.md', import.meta.url), 'utf8')
const errors = page.slice(page.indexOf('\n## Errors'))
const filters = page.slice(page.indexOf('\n## Filters'), page.indexOf('\n## Names'))

describe('docs/reference/http-reading.md', () => {
  it('lists every code that there is, with what it means, and no other', () => {
    const listed = [...errors.matchAll(/^\| `(PGRST\w+)` \| \d{3} \| (.*) \|$/gm)]
    expect(listed.map(([, code]) => code).sort()).toEqual(Object.keys(restCodes).sort())
    for (const [, code = '', meaning = ''] of listed) {
      expect(meaning.replaceAll('`', '')).toContain(restCodes[code as keyof typeof restCodes].replaceAll('`', ''))
    }
  })

  it('lists every operator, and how SQL writes it', () => {
    for (const [operator, symbol] of Object.entries({ ...comparisons, ...textSearches, in: 'IN', is: 'IS' })) {
      expect(filters, operator).toContain(`\`${operator}\``)
      expect(filters.replaceAll('\\|', '|'), symbol).toContain(`\`${symbol}\``)
    }
  })

  it('lists every type that a column can be cast to, and no other', () => {
    const row = page.split('\n').find((line) => line.includes('select=price::text')) ?? ''
    const [, ...listed] = [...row.matchAll(/`([^`]+)`/g)].map(([, type]) => type)
    expect(listed.sort()).toEqual(Object.keys(castTypes).sort())
  })

  it('says the limits as they are', () => {
    const limits = page.slice(page.indexOf('\n## Limits'), page.indexOf('\n## What is not'))
    expect(limits).toContain(`${bounds.conditions} conditions`)
    expect(limits).toContain(`at most ${bounds.depth}`)
    expect(limits).toContain(bounds.values.toLocaleString('en').replace(',', ' '))
  })

  it('has examples that are understood', () => {
    const examples = [
      ...page.matchAll(/^\?(.+)$|\?([^'\s]+)'$|`((?:select|order|\w+=(?:not\.)?\w+(?:\((?:any|all)\))?\.)[^`]*)`/gm),
    ]
    const written = examples
      .flatMap((groups) => groups.slice(1))
      .filter((text): text is string => text?.includes('=') === true)
      .filter((text) => !/orders|sum\(\)|count\(\)|^select=$|^column=operator/.test(text))
    expect(written.length).toBeGreaterThan(12)
    for (const example of written) expect(() => parseQuery(example), example).not.toThrow()
  })
})
