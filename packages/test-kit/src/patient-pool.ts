import { createPool } from '@frontrow/postgres/pool'
import type { Pool } from '@frontrow/postgres/pool'

/** Longer than any stall of a busy machine; a test that is red takes this long. */
const PATIENCE_MS = 60_000

/**
 * A pool for a test to look at rows with, or to run what is tested where its limits are not the subject: it waits for a connection and a
 * statement for longer than a service does. The loss of a connection is told by the next statement alone.
 */
export function openPatientPool(
  url: string,
  { max = 4, applicationName = 'test' }: { max?: number; applicationName?: string } = {},
): Pool {
  return createPool({
    url,
    applicationName,
    max,
    statementTimeoutMs: PATIENCE_MS,
    connectionWaitMs: PATIENCE_MS,
    // What a test locks stays locked until it lets go.
    idleTransactionMs: 10 * PATIENCE_MS,
    onError: () => undefined,
  })
}
