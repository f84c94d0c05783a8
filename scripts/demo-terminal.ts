/**
 * Makes the picture of the demo's terminal that the README shows, of a real run: the demo in a terminal of its own, and
 * the screen as it stands when the time given has passed.
 *
 *   npm run build && npx tsx scripts/demo-terminal.ts [--submissions 200000] [--seconds 60]
 *
 * Needs `script` of util-linux, which gives a program a terminal.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { screenPicture } from './screen-picture.js'

const picture = fileURLToPath(new URL('../docs/images/demo.svg', import.meta.url))
const main = fileURLToPath(new URL('../demo/main.ts', import.meta.url))
const { values } = parseArgs({
  options: { submissions: { type: 'string', default: '200000' }, seconds: { type: 'string', default: '60' } },
})
const columns = 127
/** Where each drawing of the screen begins. */
const home = '\u001b[H'

const title = 'Four views of the demo, kept fresh while clients write, and where to see them in a browser'
const screen = await screenAfter(Number(values.seconds))
await writeFile(picture, screenPicture(screen, { columns, title }))
console.log('docs/images/demo.svg')

/** The screen at the first drawing whose clock has come so far, without what is of this one run only. */
async function screenAfter(seconds: number): Promise<string> {
  const command = `stty cols ${columns} rows 40; exec "${process.execPath}" --import tsx "${main}" --submissions ${values.submissions}`
  const demo = spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm-256color', FORCE_COLOR: '1', NO_COLOR: '' },
  })
  try {
    for await (const drawn of drawings(demo)) if (clockOf(drawn) >= seconds) return withoutSecrets(drawn)
  } finally {
    demo.kill('SIGINT')
    await once(demo, 'close')
  }
  throw new Error('The demo has ended before.')
}

async function* drawings(demo: ChildProcess): AsyncGenerator<string> {
  let said = ''
  for await (const text of demo.stdout?.setEncoding('utf8').iterator({ destroyOnReturn: false }) ?? []) {
    said += String(text)
    const parts = said.split(home)
    said = parts.pop() ?? ''
    yield* parts
  }
}

/** Seconds, from `1:05` at the end of the first line. */
function clockOf(drawn: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is told begins with one.
  const plain = drawn.replace(/\u001b\[[\d;?]*[A-Za-z]/g, '')
  const [, minutes, seconds] = /≈ Tidemark.* (\d+):(\d\d)\s*$/m.exec(plain) ?? []
  return minutes === undefined ? -1 : 60 * Number(minutes) + Number(seconds)
}

/** The password and the token are of no use to anybody after the run, but long. */
function withoutSecrets(drawn: string): string {
  return drawn
    .replace(/#token=[\w.~-]+/g, '#token=…')
    .replace(/:\/\/(\w+):[^@\s]+@127\.0\.0\.1:\d+/g, '://$1:…@127.0.0.1:5432')
}
