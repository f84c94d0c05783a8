/** Pages of Markdown, and what of them can be checked: fenced blocks, commands in the text, links and anchors. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

export interface Block {
  readonly page: string
  /** Of the fence, counted from 1. */
  readonly line: number
  readonly language: string
  readonly code: string
  /** What the comments right above it say, by their first word: see `noteNames`. */
  readonly notes: ReadonlyMap<string, string>
}

export interface Page {
  /** From the root of the project. */
  readonly path: string
  readonly blocks: readonly Block[]
  /** Code in the text that is a call of the command line. */
  readonly commands: readonly { readonly line: number; readonly text: string }[]
  readonly links: readonly { readonly line: number; readonly target: string }[]
  readonly anchors: ReadonlySet<string>
}

/**
 * Comments right above a block say how it is checked; whoever reads the page does not see them.
 * `<!-- not run: why -->` it is not; `<!-- given: pool, app -->` names that it takes from `given.ts`; `<!-- file: sales.tsx -->`
 * what later blocks import it as; `<!-- answer: GET /path -->` what the server answers to that.
 */
const noteNames = ['not run', 'given', 'file', 'answer']

const fence = /^ {0,3}```(\w*)\s*$/
const note = /^<!-- ([a-z ]+): (.+) -->$/

/** Everything that comes with the package or stands in its repository. */
export function readPages(): Page[] {
  const below = (folder: string): string[] =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md'))
      .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
      .sort()
  const paths = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...below('docs'), ...below('examples')]
  return paths.map((path) => parsePage(path, readFileSync(root + path, 'utf8')))
}

export function parsePage(path: string, text: string): Page {
  const blocks: Block[] = []
  const prose: string[] = []
  let notes = new Map<string, string>()
  let open: { line: number; language: string; code: string[] } | undefined
  for (const [index, line] of text.split('\n').entries()) {
    prose.push('')
    const [marked, language = ''] = fence.exec(line) ?? []
    if (open !== undefined) {
      if (marked !== undefined && language === '') {
        blocks.push({ page: path, line: open.line, language: open.language, code: `${open.code.join('\n')}\n`, notes })
        open = undefined
        notes = new Map()
      } else open.code.push(line)
    } else if (marked !== undefined) open = { line: index + 1, language, code: [] }
    else if (line.startsWith('<!--')) readNote(line, `${path}:${index + 1}`, notes)
    else if (line.trim() !== '') {
      prose[index] = line
      notes = new Map()
    }
  }
  if (open !== undefined) throw new Error(`${path}:${open.line}: the block is never closed`)
  return { path, blocks, commands: commandsIn(prose), links: linksIn(prose), anchors: anchorsIn(prose) }
}

function readNote(line: string, place: string, notes: Map<string, string>): void {
  const [, name, value] = note.exec(line) ?? []
  if (name === undefined || value === undefined || !noteNames.includes(name)) {
    throw new Error(`${place}: the comment says nothing that is known: ${line}`)
  }
  notes.set(name, value)
}

/** `` `tidemark apply --yes` ``; not `` `tidemark <command>` `` nor `` `tidemark.config.ts` ``. */
function commandsIn(prose: readonly string[]) {
  return prose.flatMap((text, index) =>
    [...text.matchAll(/(?<!`)`((?:npx )?tidemark [a-z-][^`<…]*|npm run [a-z][^`<…]*)`/g)].map(([, command = '']) => ({
      line: index + 1,
      text: command,
    })),
  )
}

function linksIn(prose: readonly string[]) {
  return prose.flatMap((text, index) =>
    [...text.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({
      line: index + 1,
      target,
    })),
  )
}

/** What GitHub calls the headings: a second one of a name is numbered. */
function anchorsIn(prose: readonly string[]): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const line of prose) {
    const [, heading] = /^#{1,6} (.+)$/.exec(line) ?? []
    if (heading === undefined) continue
    const name = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
    let anchor = name
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${name}-${count}`
    anchors.add(anchor)
  }
  return anchors
}
