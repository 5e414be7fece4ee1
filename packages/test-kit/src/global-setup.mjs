import { prepareTestRun } from './test-run.ts'

// Jest calls this once for each project that is selected; the servers are started once for all of them.
export default async function globalSetup() {
  globalThis.frontrowTestRun ??= await prepareTestRun()
}
