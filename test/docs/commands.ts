/** Shell commands of the pages: whether the programs, commands and options are there. */
import { existsSync, readFileSync } from 'node:fs'
import { CommanderError } from 'commander'
import { createProgram } from '../../src/cli/program.js'
import { root } from './pages.js'

interface Manifest {
  readonly name: string
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Manifest
const packages = new Set([
  manifest.name,
  ...Object.keys({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies }),
])

/** Asked for an address, with the headers of `curl -H`; answers with a status. */
export type Ask = (address: string, headers: Headers) => Promise<number>

/** What is wrong with each of the commands, in words. */
export async function checkCommands(text: string, ask?: Ask): Promise<string[]> {
  const problems: string[] = []
  for (const words of commandsOf(text)) {
    const problem = await checkCommand(words, ask)
    if (problem !== undefined) problems.push(`${words.join(' ')}: ${problem}`)
  }
  return problems
}

/** Words of the commands, without comments and prompts; assignments before a command are left out. */
export function commandsOf(text: string): string[][] {
  const joined = text.replaceAll(/\\\n/g, ' ').replaceAll(/^\$ /gm, '')
  return joined.split('\n').flatMap((line) => {
    const commands: string[][] = [[]]
    for (const [word, single, double] of line.matchAll(
      /'([^']*)'|"([^"]*)"|&&|\|\||[|;]|#.*$|[^\s'"|;&#]+(?:[&#][^\s]*)?/g,
    )) {
      if (word.startsWith('#')) break
      if (['&&', '||', '|', ';'].includes(word)) commands.push([])
      else commands.at(-1)?.push(single ?? double ?? word)
    }
    return commands
      .map((words) => words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word))))
      .filter((words) => words.length > 0)
  })
}

async function checkCommand([program = '', ...args]: readonly string[], ask?: Ask): Promise<string | undefined> {
  switch (program) {
    case 'tidemark':
      return await checkTidemark(args)
    case 'npx':
      return await checkNpx(args)
    case 'npm':
      return checkNpm(args)
    case 'curl':
      return await checkCurl(args, ask)
    case 'export':
      return /^[A-Z_]+=/.test(args[0] ?? '') ? undefined : 'sets nothing'
    default:
      return `nothing here knows the program "${program}"`
  }
}

async function checkTidemark(args: readonly string[]): Promise<string | undefined> {
  try {
    await createProgram(async () => undefined).parseAsync([...args], { from: 'user' })
    return undefined
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return ['commander.helpDisplayed', 'commander.version'].includes(error.code) ? undefined : error.message
  }
}

async function checkNpx([program = '', ...args]: readonly string[]): Promise<string | undefined> {
  if (program === 'tidemark') return await checkTidemark(args)
  if (program === 'tsx') return existsSync(root + (args[0] ?? '')) ? undefined : `there is no file ${args[0]}`
  if (program === 'vitest') return undefined
  return `npx does not find "${program}"`
}

function checkNpm([command = '', ...args]: readonly string[]): string | undefined {
  if (command === 'ci' || command === 'test') return undefined
  if (command === 'run')
    return args[0] !== undefined && args[0] in manifest.scripts ? undefined : `no script "${args[0]}"`
  if (command !== 'install') return `npm ${command} is not one that is known here`
  const unknown = args.filter((name) => !name.startsWith('-') && !packages.has(name))
  return unknown.length === 0 ? undefined : `the project does not know ${unknown.join(', ')}`
}

async function checkCurl(args: readonly string[], ask?: Ask): Promise<string | undefined> {
  const headers = new Headers()
  let address = ''
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? ''
    if (word === '-H') {
      index += 1
      const [name = '', value = ''] = (args[index] ?? '').split(/:\s*/, 2)
      headers.set(name, value)
    } else if (!['-i', '-I', '-s', '-N'].includes(word)) address = word
  }
  if (ask === undefined) return 'nobody to ask'
  const status = await ask(address, headers)
  return status < 400 ? undefined : `is answered ${status}`
}
