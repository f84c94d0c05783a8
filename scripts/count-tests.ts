/**
 * Adds up vitest's json reports: `count-tests.ts a.json b.json` names what failed, each by its report's name, and ends with
 * the line "N passed, N failed".
 */
import { basename } from 'node:path'
import { readReport } from './test-report.js'

/** What is said of a failure here; the whole of it stands where its run was printed. */
const mostLines = 12

const runs = process.argv.slice(2).map((file) => ({ run: basename(file, '.json'), ...readReport(file) }))
const sum = (pick: 'passed' | 'failed' | 'skipped') => runs.reduce((total, { counts }) => total + counts[pick], 0)

for (const { run, failures } of runs) {
  for (const { file, test, message } of failures) {
    console.log(`FAILED on ${run}: ${file}${test === null ? '' : ` > ${test}`}`)
    for (const line of message.split('\n').slice(0, mostLines)) console.log(`    ${line}`)
  }
}
if (sum('skipped') > 0) console.log(`${sum('skipped')} skipped`)
console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
process.exitCode = sum('failed') > 0 || sum('passed') === 0 ? 1 : 0
