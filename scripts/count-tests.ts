/** Adds up vitest's json reports: `count-tests.ts a.json b.json` ends with the line "N passed, N failed". */
import { readCounts } from './test-report.js'

const runs = process.argv.slice(2).map((file) => ({ file, counts: readCounts(file) }))
const sum = (pick: 'passed' | 'failed' | 'skipped') => runs.reduce((total, { counts }) => total + counts[pick], 0)

if (sum('skipped') > 0) console.log(`${sum('skipped')} skipped`)
console.log(`${sum('passed')} passed, ${sum('failed')} failed`)
process.exitCode = sum('failed') > 0 || sum('passed') === 0 ? 1 : 0
