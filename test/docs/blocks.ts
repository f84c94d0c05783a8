/** Each kind of block, and how it is checked. */
import { checkCommands } from './commands.js'
import type { Block } from './pages.js'
import { type Shop, token } from './shop/open.js'
import { runSql } from './statements.js'

/** Tests that hold examples and program together more closely than is done here. They name the page. */
export const testedElsewhere = [
  { page: 'docs/reference/cli.md', language: 'json', test: 'test/cli/commandPage.test.ts' },
  { page: 'docs/reference/reasons.md', language: 'sql', test: 'test/cli/referencePages.test.ts' },
]

export function elsewhere(block: Block): string | undefined {
  return testedElsewhere.find(({ page, language }) => page === block.page && language === block.language)?.test
}

export const isTypeScript = ({ language }: Block): boolean => ['ts', 'tsx', 'js'].includes(language)

/** What is wrong with a block, but for its types: those are checked for all of a page at once. */
export async function checkBlock(block: Block, shop: Shop): Promise<string[]> {
  switch (block.language) {
    case 'sh':
      return await checkCommands(block.code, shop.ask)
    case 'sql':
      return list(await runSql(shop.client, block.code))
    case 'json':
    case 'http':
      return await checkAnswer(block, shop)
    case 'ts':
    case 'tsx':
    case 'js':
      return /^export default defineConfig/m.test(block.code) ? list(await shop.checkConfig(block.code)) : []
    default:
      return [`nothing here can check ${block.language === '' ? 'a block without a language' : block.language}`]
  }
}

function list(problem: string | undefined): string[] {
  return problem === undefined ? [] : [problem]
}

/** `<!-- answer: GET /path -->`: the whole body as JSON, or of HTTP the status and the headers that are shown. */
async function checkAnswer({ notes, language, code }: Block, { handler }: Shop): Promise<string[]> {
  const [, method, path, withToken] = /^(GET|HEAD|POST) (\S+)( with a token)?$/.exec(notes.get('answer') ?? '') ?? []
  if (method === undefined) return ['nothing says what this is the answer to']
  const headers = withToken === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await handler.fetch(new Request(`http://127.0.0.1:8432${path}`, { method, headers }))
  const shown = language === 'json' ? JSON.stringify(JSON.parse(code)) : code.trim()
  const answered = language === 'json' ? JSON.stringify(await response.json()) : shownHeaders(response, shown)
  return shown === answered ? [] : [`the answer is\n${answered}`]
}

/** The headers that are shown, as they come. What counts and tells the time is shown as an example. */
function shownHeaders(response: Response, shown: string): string {
  const [, ...lines] = shown.split('\n')
  const headers = lines.map((line) => {
    const name = line.slice(0, line.indexOf(':'))
    const value = response.headers.get(name) ?? '(none)'
    return masked(value) === masked(line.slice(name.length + 2)) ? line : `${name}: ${value}`
  })
  return [`HTTP/1.1 ${response.status} ${statusText[response.status] ?? ''}`, ...headers].join('\n')
}

const statusText: Readonly<Record<number, string>> = { 200: 'OK', 206: 'Partial Content', 304: 'Not Modified' }

function masked(value: string): string {
  return value
    .replaceAll(/"[^"]*"/g, '"…"')
    .replace(/^\w{3}, .* GMT$/, 'date')
    .replace(/^\d{4}-.*Z$/, 'time')
    .replaceAll(/\d+(\.\d+)?/g, '0')
}
