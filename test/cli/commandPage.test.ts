/** docs/reference/cli.md and the program, held together in both directions. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createProgram } from '../../src/cli/program.js'
import { shapes } from './kit.js'

const page = readFileSync(new URL('../../docs/reference/cli.md', import.meta.url), 'utf8')
const program = createProgram(async () => undefined)

const chapters = new Map(
  page
    .split('\n## ')
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf('\n')).replaceAll('`', ''), part]),
)

/** The flags in the first column of the tables of a chapter. */
function flagsIn(text = ''): string[] {
  return [...text.matchAll(/^\| `(-[^`]+)` \|/gm)].map(([, flags]) => flags ?? '')
}

function flagsOf(command: Command): string[] {
  return command.options.map((option) => option.flags)
}

test('every command has a chapter, and a line in the list, in the order of --help', () => {
  const commands = program.commands.map((command) => command.name())
  expect([...chapters.keys()]).toEqual(['For all commands', ...commands])
  const listed = [...page.matchAll(/^\| \[`(\w+)`\]\(#\w+\) \| (.+) \|$/gm)].map(([, name, summary]) => [name, summary])
  expect(listed).toEqual(program.commands.map((command) => [command.name(), command.summary()]))
})

test('the options of all commands are there', () => {
  expect(flagsIn(chapters.get('For all commands')).sort()).toEqual([...flagsOf(program), '-h, --help'].sort())
})

test.each(program.commands.map((command) => [command.name(), command] as const))(
  'so are those of %s',
  (name, command) => {
    expect(flagsIn(chapters.get(name))).toEqual(flagsOf(command))
  },
)

describe('the examples of JSON have the shape that the commands print', () => {
  const logLine = z.object({ level: z.string(), time: z.iso.datetime(), message: z.string() })
  const shapeOf: Record<string, z.ZodType> = {
    ...shapes,
    'For all commands': shapes.error,
    plan: shapes.strictPlan,
    drop: shapes.plan,
    run: logLine,
  }

  test.each([...chapters])('%s', (name, text) => {
    const [, example = ''] = /```json\n(.*?)```/s.exec(text) ?? []
    shapeOf[name]?.parse(JSON.parse(example))
  })
})
