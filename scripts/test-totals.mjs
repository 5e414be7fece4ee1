import { writeFileSync } from 'node:fs'

/** A Jest reporter that writes the totals where scripts/test.mjs reads them. A test file that could not run counts as failed. */
export default class TestTotals {
  onRunComplete(_contexts, results) {
    const file = process.env.FRONTROW_TEST_TOTALS
    if (file === undefined) return
    const totals = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    }
    writeFileSync(file, JSON.stringify(totals))
  }
}
