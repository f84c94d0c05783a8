/** How the command behaves as a program: help, version, exit codes, and what goes to which stream. */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { useTestDatabase } from '../kit/index.js'
import { directory, failure, project, shapes, start, tidemark } from './kit.js'

const db = await useTestDatabase()
let cwd = ''

beforeAll(async () => {
  cwd = await directory()
})

describe('help', () => {
  test('lists the commands, and no others', async () => {
    const { code, stdout, stderr } = await tidemark(['--help'], { cwd })
    expect([code, stderr]).toEqual([0, ''])
    const commands = [...stdout.matchAll(/^ {2}(\w+) .*\S {2,}\S/gm)].map(([, name]) => name)
    const known = [
      'init',
      'explain',
      'plan',
      'apply',
      'run',
      'serve',
      'dev',
      'status',
      'refresh',
      'verify',
      'generate',
      'drop',
    ]
    expect(commands.filter((name) => name !== 'help' && name !== 'tidemark').sort()).toEqual(known.sort())
  })

  test.each(['init', 'refresh', 'drop'])('of %s has its options, those of all commands, and examples', async (name) => {
    const { code, stdout } = await tidemark([name, '--help'], { cwd })
    expect(code).toBe(0)
    expect(stdout).toContain('--database <url>')
    expect(stdout).toMatch(new RegExp(`Examples:\n {2}tidemark ${name}`))
  })

  test('is what comes without a command, and then it was used wrongly', async () => {
    const { code, stdout, stderr } = await tidemark([], { cwd })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('Usage: tidemark')
  })

  test('is for people: with --json, no command is an error like any other', async () => {
    expect(await failure([], { cwd })).toMatchObject({ code: 'USAGE_INVALID', message: 'No command was given.' })
  })
})

test('--version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  expect(await tidemark(['--version'], { cwd })).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test.each([
  [['sttus'], /unknown command/i, /Did you mean status\?/],
  [['status', '--jsn'], /unknown option/i, /Did you mean --json\?/],
  [['plan', 'mv'], /too many arguments/i, /--help/],
  [['status', '--watch'], /do not go together/, /--json/],
])('%j is used wrongly', async (args, message, hint) => {
  const error = await failure(args, { cwd, url: db.url })
  expect(error).toMatchObject({ code: 'USAGE_INVALID', message: expect.stringMatching(message) })
  expect(error.hint).toMatch(hint)
})

test('an error is told to people on standard error alone, without a stack; TIDEMARK_DEBUG=1 adds it', async () => {
  const told = await tidemark(['plan'], { cwd })
  expect(told).toMatchObject({ code: 2, stdout: '' })
  expect(told.stderr).toContain('CONFIG_NOT_FOUND')
  expect(told.stderr).not.toMatch(/^\s+at /m)
  const debugged = await tidemark(['plan'], { cwd, env: { TIDEMARK_DEBUG: '1' } })
  expect(debugged.stderr).toMatch(/^\s+at /m)
})

describe('a configuration that', () => {
  const chatty = `
    import { defineConfig } from 'tidemark'
    console.log('loading'); process.stdout.write('...\\n'); console.info('loaded')
    setInterval(() => {}, 1000)`

  test('writes to standard output does not get into the JSON, nor keep the command from ending', async () => {
    const place = await directory({ 'tidemark.config.ts': `${chatty}\nexport default defineConfig({ views: [] })` })
    const { code, stdout, stderr } = await tidemark(['plan', '--json'], { cwd: place, url: db.url })
    expect(code).toBe(0)
    shapes.plan.parse(JSON.parse(stdout))
    expect(stderr).toContain('loading')
  })

  test('throws is told as one that is invalid', async () => {
    const place = await directory({ 'tidemark.config.ts': `${chatty}\nthrow new Error('no luck')` })
    const error = await failure(['plan'], { cwd: place, url: db.url })
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('no luck') })
  })
})

test('a reader that goes away is no error', async () => {
  const place = await project(`view('mv', { query: 'select 1 as a', key: [] })`)
  const child = start(['explain'], { cwd: place, url: db.url })
  child.stdout.destroy()
  let stderr = ''
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString()
  })
  const code = await new Promise((resolve) => child.on('close', resolve))
  expect([code, stderr]).toEqual([0, ''])
})

test('nothing is coloured that nobody looks at', async () => {
  const { stdout, stderr } = await tidemark(['plan'], { cwd, url: db.url })
  expect(stdout + stderr).not.toContain('\u001b')
})
