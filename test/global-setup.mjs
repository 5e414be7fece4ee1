import { topicNames } from '@frontrow/proto/topics'
import { testPassword } from '@frontrow/test-kit/test-environment'
import { prepareTestRun } from '@frontrow/test-kit/test-run'
import { serviceSchemas } from '../scripts/services.ts'

// Jest calls this once for each project that is selected; the servers are started once for all of them.
export default async function globalSetup() {
  globalThis.frontrowTestRun ??= await prepareTestRun(topicNames, serviceSchemas(testPassword))
}
