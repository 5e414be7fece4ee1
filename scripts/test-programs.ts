import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { ensureTestPrograms } from '@frontrow/test-kit/servers'

// This runs before Jest, because its workers would otherwise install the same programs at the same time.
try {
  await ensureTestPrograms()
} catch (error) {
  if (!(error instanceof SetupProblem)) throw error
  process.stderr.write(`The tests can't run: ${error.message}\n`)
  process.exitCode = 1
}
