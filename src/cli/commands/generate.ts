import { readFile, writeFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { TidemarkError } from '../../protocol/errors.js'
import { generateTypes, readGeneratedViews } from '../../read/index.js'
import { defineCommand } from '../command.js'
import { chooseDeployed } from '../deployedViews.js'
import { exitCode } from '../exitCode.js'

interface Options {
  readonly output?: string
  readonly zod: boolean
  readonly react?: boolean
  readonly kysely?: boolean
  readonly drizzle?: boolean
  readonly check?: boolean
}

export const generateCommand = defineCommand<Options>({
  name: 'generate',
  summary: 'write TypeScript types for the deployed views',
  description:
    'Writes a type for the rows of each deployed view, and a zod schema, from what PostgreSQL says of its columns. A column\n' +
    'can be NULL unless its query shows that it never is.',
  views: 'views to write types for; all that are deployed when none is named',
  options: [
    ['-o, --output <path>', 'the file to write (default: tidemark.views.ts)'],
    ['--no-zod', 'without zod schemas'],
    ['--react', 'with JsonViews: rows as JSON has them, for tidemark/react'],
    ['--kysely', 'with a Database interface for Kysely'],
    ['--drizzle', 'with views for Drizzle'],
    ['--check', 'write nothing; exit with 1 when the file is not up to date'],
  ],
  examples: [
    ['tidemark generate', 'tidemark.views.ts in the current directory'],
    ['tidemark generate -o src/views.ts --kysely', 'with what Kysely needs'],
    ['tidemark generate --react --no-zod -o web/views.ts', 'for a page'],
    ['tidemark generate --check', 'in CI'],
  ],
  run: async (session, { views: names, options }) => {
    const database = await session.database()
    const chosen = await chooseDeployed(database, names)
    const views = (await readGeneratedViews(database)).filter((view) =>
      chosen.some(({ schema, name }) => schema === view.schema && name === view.name),
    )
    const { zod, react = false, kysely = false, drizzle = false, output = 'tidemark.views.ts', check = false } = options
    const text = generateTypes(views, { zod, json: react, kysely, drizzle })
    const path = resolve(output)
    const file = relative(process.cwd(), path)
    const present = await readFile(path, 'utf8').catch(() => undefined)
    const upToDate = present === text
    if (!check && !upToDate) await write(path, file, text)
    const said = upToDate ? 'is up to date' : check ? 'is not up to date. Run: tidemark generate' : 'was written'
    session.print({ file, views: views.length, upToDate, written: !check && !upToDate }, () => `${file} ${said}`)
    return check && !upToDate ? exitCode.bad : exitCode.done
  },
})

async function write(path: string, file: string, text: string): Promise<void> {
  try {
    await writeFile(path, text)
  } catch (error) {
    throw new TidemarkError(
      'FILE_UNWRITABLE',
      `${file} could not be written: ${error instanceof Error ? error.message : String(error)}`,
      { hint: 'Check that its directory is there and may be written to.', cause: error },
    )
  }
}
