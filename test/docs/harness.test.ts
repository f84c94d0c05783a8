/** What is wrong on a page is found: each kind of mistake is planted in one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { usePrivateServer } from '../kit/index.js'
import { checkBlock, isTypeScript } from './blocks.js'
import { checkCommands } from './commands.js'
import { checkLinks, unreachable } from './links.js'
import { parsePage } from './pages.js'
import { makeShops, type Shop } from './shop/open.js'
import { checkTypeScript } from './typescript.js'

const server = await usePrivateServer()
let shop: Shop
let generated: string

beforeAll(async () => {
  const shops = await makeShops(server.url)
  generated = shops.generated
  shop = await shops.open('harness')
})

/** A page with one block. */
function pageOf(language: string, code: string, note = '') {
  return parsePage('docs/guides/planted.md', `# Planted\n\n${note}\n\`\`\`${language}\n${code}\n\`\`\`\n`)
}

async function check(language: string, code: string, note?: string): Promise<string[]> {
  const { blocks } = pageOf(language, code, note)
  const types = checkTypeScript(blocks.filter(isTypeScript), generated)
  const checked = await Promise.all(
    blocks.map(async (block) => [...(types.get(block) ?? []), ...(await checkBlock(block, shop))]),
  )
  return checked.flat()
}

afterAll(() => shop.close())

describe('commands', () => {
  test.each([
    ['npx tidemark appply', /unknown command/],
    ['npx tidemark apply --force', /unknown option '--force'/],
    ['npx tidemark serve --port', /argument missing/],
    ['npm run nothing', /no script "nothing"/],
    ['npm install tidemarc', /does not know tidemarc/],
    ['npx tidy', /npx does not find/],
    ['tidemark status && rm -rf views', /the program "rm"/],
    ["curl 'http://127.0.0.1:8432/rest/v1/mv_nothing'", /answered 40/],
    ["curl 'http://127.0.0.1:8432/rest/v1/mv_sales?shop=eq.5'", /answered 400/],
  ])('%s', async (command, problem) => {
    expect(await check('sh', command)).toEqual([expect.stringMatching(problem)])
  })

  test('what is right passes', async () => {
    const right = `export DATABASE_URL=postgres://…
      npm install tidemark pg   # a comment; with | signs
      TIDEMARK_DEBUG=1 npx tidemark plan --strict && npx tidemark apply --yes
      curl -i 'http://127.0.0.1:8432/rest/v1/mv_sales?shop_id=eq.5&select=revenue'`
    expect(await check('sh', right)).toEqual([])
  })

  test('in the text of a page', async () => {
    const page = parsePage(
      'planted.md',
      'Run `tidemark generate --types`, in `tidemark.config.ts`, `tidemark <command>`.',
    )
    expect(page.commands.map(({ text }) => text)).toEqual(['tidemark generate --types'])
    expect(await checkCommands(page.commands[0]?.text ?? '')).toEqual([expect.stringContaining('--types')])
  })
})

describe('TypeScript', () => {
  test.each([
    ["import { defineViews } from 'tidemark'", /planted\.md:5: .*no exported member 'defineViews'/],
    ["import { createHandler } from 'tidemark/server'", /Cannot find module/],
    ["import { view } from 'tidemark'\nview('mv', { query: 'select 1', freshnes: '5s' })", /planted\.md:6: .*freshnes/],
    ['reader.read("mv_weekly")', /Cannot find name 'reader'/],
    ["freshness: '5 parsecs'", /not assignable/],
    ['export default defineConfig({ views: [] })', /Cannot find name 'defineConfig'/],
  ])('%s', async (code, problem) => {
    expect((await check('ts', code))[0]).toMatch(problem)
  })

  test('columns of views are those that are deployed', async () => {
    const read = (column: string): string => `import { createReader } from 'tidemark'
      import type { Views } from './tidemark.views.js'
      const { rows } = await createReader<Views>({ database }).read('mv_daily_sales')
      console.log(rows[0]?.${column})`
    const given = '<!-- given: database -->'
    expect(await check('ts', read('revenue'), given)).toEqual([])
    expect(await check('ts', read('turnover'), given)).toEqual([expect.stringContaining('turnover')])
  })

  test('a configuration is planned', async () => {
    const config = (query: string): string =>
      `import { defineConfig, view } from 'tidemark'\nexport default defineConfig({ views: [view('mv', { query: '${query}' })] })`
    expect(await check('ts', config('SELECT shop_id, count(*) FROM sales GROUP BY 1'))).toEqual([])
    expect(await check('ts', config('SELECT shop, count(*) FROM sales GROUP BY 1'))).toEqual([
      expect.stringContaining('"shop" does not exist'),
    ])
  })
})

describe('SQL', () => {
  test('what PostgreSQL refuses is told, with the statement', async () => {
    expect(await check('sql', "SELECT 1; SELECT * FROM tidemark.refresh('mv_nothing');")).toEqual([
      expect.stringMatching(/mv_nothing.*in: SELECT \* FROM tidemark\.refresh/),
    ])
  })

  test('what a block made is there in the next one', async () => {
    expect(await check('sql', 'CREATE TABLE of_the_page ("ö" int)')).toEqual([])
    expect(await check('sql', 'SELECT "ö" FROM of_the_page; CALL tidemark.tick();')).toEqual([])
  })
})

describe('answers', () => {
  const at = '<!-- answer: GET /api/views/mv_sales/freshness -->'

  test('another body, another status and another header are told', async () => {
    expect(await check('json', '{ "view": "mv_sales" }', at)).toEqual([expect.stringContaining('"pendingChanges"')])
    expect(await check('http', 'HTTP/1.1 404 Not Found', at)).toEqual([expect.stringContaining('200 OK')])
    expect(await check('http', 'HTTP/1.1 200 OK\nX-Nothing: 1', at)).toEqual([expect.stringContaining('(none)')])
    expect(await check('http', 'HTTP/1.1 200 OK\nContent-Type: application/json', at)).toEqual([])
    expect(await check('json', '{}')).toEqual(['nothing says what this is the answer to'])
  })
})

describe('pages', () => {
  test('a kind of block that nothing checks needs a reason', async () => {
    expect(await check('yaml', 'a: 1')).toEqual(['nothing here can check yaml'])
    expect(pageOf('yaml', 'a: 1', '<!-- not run: somebody else’s -->').blocks[0]?.notes.get('not run')).toBe(
      'somebody else’s',
    )
    expect(() => pageOf('yaml', 'a: 1', '<!-- notrun: typed wrong -->')).toThrow('says nothing that is known')
    expect(() => parsePage('planted.md', '```sh\nls')).toThrow('planted.md:1')
  })

  test('links that lead nowhere are told', () => {
    const text = `# One\n\n## \`Two\` of *three*\n\n[a](#two-of-three) [b](#two) [c](../../README.md#try-it) [d](../../README.md#try)
      [e](nowhere.md) [f](http://example.com) [g](https://example.com) \`[h](code.md)\``
    const page = parsePage('docs/guides/planted.md', text)
    const readme = parsePage('README.md', '## Try it\n')
    const led = checkLinks(page, [page, readme]).map((problem) => problem.split(': ')[1])
    expect(led).toEqual(['#two', '../../README.md#try', 'nowhere.md', 'http://example.com'])
  })

  test('a page that nothing leads to is told', () => {
    const pages = [
      parsePage('README.md', '[a](docs/a.md) [b](docs/b)'),
      parsePage('docs/a.md', ''),
      parsePage('docs/b/c.md', ''),
      parsePage('docs/d.md', '[a](a.md)'),
    ]
    expect(unreachable(pages, 'README.md')).toEqual(['docs/d.md'])
  })
})
