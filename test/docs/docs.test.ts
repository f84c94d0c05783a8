/**
 * Every block of code on the pages is run, compiled or compared, every command in the text is one that there is, and every link
 * leads somewhere. What cannot be run says why in a comment above it, and is listed as skipped.
 */
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { usePrivateServer } from '../kit/index.js'
import { checkBlock, elsewhere, isTypeScript, testedElsewhere } from './blocks.js'
import { checkCommands } from './commands.js'
import { checkLinks, unreachable } from './links.js'
import { type Block, type Page, readPages, root } from './pages.js'
import { makeShops, type Shop } from './shop/open.js'
import { checkTypeScript } from './typescript.js'

const pages = readPages()

const server = await usePrivateServer()
const shops = await makeShops(server.url)

test('every page is reached from the README by links', () => {
  expect(unreachable(pages, 'README.md')).toEqual([])
})

test.each(testedElsewhere)('what is left to $test is looked at there', ({ page, test: file }) => {
  expect(existsSync(root + file)).toBe(true)
  expect(readFileSync(root + file, 'utf8')).toContain(page)
})

describe.each(pages.map((page) => [page.path, page] as const))('%s', (path, page) => {
  test('its links lead somewhere', () => {
    expect(checkLinks(page, pages)).toEqual([])
  })

  test('the commands in its text are there', async () => {
    const problems = await Promise.all(page.commands.map(({ text }) => checkCommands(text)))
    expect(problems.flat()).toEqual([])
  })

  if (!path.startsWith('docs/') && path !== 'README.md') return
  const blocks = page.blocks.filter((block) => elsewhere(block) === undefined)
  const run = blocks.filter((block) => !block.notes.has('not run'))
  for (const block of blocks) {
    const reason = block.notes.get('not run')
    if (reason !== undefined) test.skip(`line ${block.line} is not run: ${reason}`)
  }
  if (run.length > 0) describeBlocks(path, page, run)
})

/** In their order, on a database of their own: what one of them made is there for those that follow. */
function describeBlocks(path: string, page: Page, blocks: readonly Block[]): void {
  let shop: Shop
  let types: Map<Block, string[]>

  beforeAll(async () => {
    shop = await shops.open(`shop_${pages.indexOf(page)}`)
    types = checkTypeScript(blocks.filter(isTypeScript), shops.generated)
  })

  afterAll(async () => {
    await shop.close()
  })

  test.each(blocks.map((block) => [block.line, block.language, block] as const))(
    'line %i: %s',
    async (_, __, block) => {
      const problems = [...(types.get(block) ?? []), ...(await checkBlock(block, shop))]
      expect(problems, `${path}:${block.line}`).toEqual([])
    },
  )
}
