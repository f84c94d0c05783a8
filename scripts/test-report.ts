import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

/** What a run of the suite came to. */
export interface TestCounts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** A test that failed, or a file that failed outside of any test. */
export interface TestFailure {
  readonly file: string
  /** With the names of the groups it stands in; null: outside of any test. */
  readonly test: string | null
  readonly message: string
}

export interface TestReport {
  readonly counts: TestCounts
  readonly failures: readonly TestFailure[]
}

/**
 * Reads the file that vitest's json reporter wrote. What fails outside of any test counts as one failure: a file that
 * could not be loaded, or whose `afterAll` found a leak; a whole run that left no report.
 */
export function readReport(file: string): TestReport {
  if (!existsSync(file)) {
    const message = 'The run left no report.'
    return { counts: { passed: 0, failed: 1, skipped: 0 }, failures: [{ file, test: null, message }] }
  }
  const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport
  const failures = report.testResults.flatMap(failuresOf)
  const counts = {
    passed: report.numPassedTests,
    failed: failures.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
  return { counts, failures }
}

function failuresOf({ name, status, message, assertionResults }: VitestReport['testResults'][number]): TestFailure[] {
  const file = relative(process.cwd(), name)
  const tests = assertionResults
    .filter((test) => test.status === 'failed')
    .map(({ fullName, failureMessages }) => ({ file, test: fullName, message: failureMessages.join('\n') }))
  return tests.length === 0 && status === 'failed' ? [{ file, test: null, message }] : tests
}

interface VitestReport {
  readonly numPassedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly failureMessages: readonly string[]
    }[]
  }[]
}
