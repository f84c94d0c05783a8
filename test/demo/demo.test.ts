import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { OnceResult } from '../../demo/once.js'

const main = fileURLToPath(new URL('../../demo/main.ts', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the demo as npm does; `stopAt` is what it prints when it is told to stop. */
function demo(args: readonly string[], stop?: { at: string; with: NodeJS.Signals }): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    let stopped = false
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        said[stream] += text
        if (stop === undefined || stopped || !said[stream].includes(stop.at)) return
        stopped = true
        child.kill(stop.with)
      })
    }
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...said }))
  })
}

describe('npm run demo', () => {
  test('-- --once --json runs for a while, verifies the views, and prints nothing but the result', async () => {
    const { code, stdout, stderr } = await demo(['--once', '--json', '--submissions', '4000', '--seconds', '5'])
    expect(code, stderr).toBe(0)
    const result = JSON.parse(stdout) as OnceResult
    expect(Object.keys(result)).toEqual(['views', 'writes', 'missing', 'unexpected'])
    expect(result).toMatchObject({ missing: 0, unexpected: 0 })
    expect(result.writes).toBeGreaterThan(0)
    expect(result.views.map(({ view }) => view).sort()).toEqual([
      'mv_agent_progress',
      'mv_lane_score_distribution',
      'mv_time_to_first_win',
      'mv_weakness_patterns',
    ])
    for (const view of result.views) {
      expect(view).toEqual({
        view: view.view,
        incremental: true,
        rows: expect.any(Number),
        stalenessSeconds: expect.any(Number),
        refreshes: expect.any(Number),
        medianRefreshMs: expect.any(Number),
        fullRefreshMs: expect.any(Number),
      })
      expect(view.rows, view.view).toBeGreaterThan(0)
      expect(view.refreshes, view.view).toBeGreaterThan(0)
    }
    expect(stderr).toContain('0 rows missing, 0 unexpected')
  })

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends it, and nothing is left',
    async (signal) => {
      const ended = await demo(['--submissions', '2000'], { at: 'mv_agent_progress: ', with: signal })
      expect(ended.code, ended.stderr).toBe(signal === 'SIGINT' ? 0 : 130)
      expect(ended.stderr).toBe('')
      expect(ended.stdout).toContain('The server is stopped, and its data removed.')
    },
    120_000,
  )

  test('a signal in the middle of the set-up ends it as well', async () => {
    const ended = await demo(['--once', '--json', '--submissions', '100000'], { at: 'Loading', with: 'SIGINT' })
    expect(ended.code).toBe(130)
    expect(ended.stdout).toBe('')
    expect(ended.stderr).toContain('removed.')
  })

  test('explains itself', async () => {
    const asked = await demo(['--help'])
    expect(asked).toMatchObject({ code: 0, stderr: '' })
    expect(asked.stdout).toContain('--once')
    const wrong = await Promise.all([demo(['--nonsense']), demo(['--json']), demo(['--submissions', 'many'])])
    for (const { code, stdout, stderr } of wrong) {
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain('usage:')
    }
  })
})
