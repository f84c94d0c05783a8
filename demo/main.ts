/**
 * npm run demo: Tidemark on a PostgreSQL of its own, with a stream of writes. See --help.
 */

import pc from 'picocolors'
import { UsageError } from '../scripts/arguments.js'
import { TidemarkError } from '../src/protocol/errors.js'
import { Cleanup, Interrupted, untilInterrupted } from './cleanup.js'
import { showLive, viewer } from './live.js'
import { runOnce } from './once.js'
import { type DemoOptions, help, parseOptions } from './options.js'
import { startRun } from './run.js'
import { openInBrowser, requirePort } from './serving.js'
import { setUp } from './setup.js'
import { Steps } from './steps.js'
import { pageLines, renderFrame } from './table.js'

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args)
    if (options !== 'help') return await demo(options)
    console.log(help)
    return 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\n\n${help}`)
    return 2
  }
}

async function demo(options: DemoOptions): Promise<number> {
  const cleanup = new Cleanup()
  // With --json only the result belongs on standard output.
  const out = options.json ? process.stderr : process.stdout
  try {
    return await untilInterrupted(() => play(options, out, cleanup))
  } catch (error) {
    if (!(error instanceof Interrupted)) {
      cleanup.add(async () => console.error(told(error)))
      return 1
    }
    // Ctrl-C is how the table is left: nothing went wrong. A bounded run that was cut short has no result.
    return options.once || error.signal !== 'SIGINT' ? 130 : 0
  } finally {
    await cleanup.run()
  }
}

async function play(options: DemoOptions, out: NodeJS.WriteStream, cleanup: Cleanup): Promise<number> {
  const colors = pc.createColors(out.isTTY === true && !process.env.NO_COLOR)
  const steps = new Steps(out)
  out.write(`\n ${colors.bold(colors.cyan('≈ Tidemark'))}  ${colors.dim('keeps PostgreSQL views fresh')}\n\n`)
  cleanup.add(async () => void out.write(` ${colors.dim('The server is stopped, and its data removed.')}\n`))
  // Not after it has loaded everything.
  if (options.port !== null) await requirePort(options.port)
  const stage = await setUp(options.submissions, steps, cleanup)
  const run = await startRun(stage, options, cleanup)
  if (!options.once) {
    // The table shows them, too.
    if (!out.isTTY) for (const line of pageLines(run.pages, colors)) out.write(`${line}\n`)
    if (options.open && run.pages.dashboard !== null) openInBrowser(run.pages.dashboard)
    const view = viewer(out)
    cleanup.add(async () => view.leave())
    return await showLive(run, out, view.show)
  }
  const { result, frame } = await runOnce(stage, run, options.seconds, steps)
  if (options.json) console.log(JSON.stringify(result, null, 2))
  else
    out.write(
      `${renderFrame(frame, { columns: out.columns ?? 120, colors: out.isTTY === true })
        .slice(3, -2)
        .join('\n')}\n\n`,
    )
  return result.missing > 0 || result.unexpected > 0 ? 1 : 0
}

function told(error: unknown): string {
  if (!(error instanceof TidemarkError)) return error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${error.code}: ${error.message}${error.hint === undefined ? '' : `\n${error.hint}`}`
}
