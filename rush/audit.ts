import { auditAnswer } from './answers.ts'
import type { AuditResult } from './answers.ts'
import type { ApiClient } from './api-client.ts'
import { askAdmin } from './on-sale.ts'

/** How long the audit may fail before that counts: sagas and outboxes still work after the last fan is gone. */
const SETTLE_MS = 90_000
const PAUSE_MS = 3_000
/** When this many audits in a row find exactly the same violations, nothing is settling any more. */
const SAME_TIMES = 3

/** Asks for the system's own audit until it holds, or until its violations stay the same. */
export async function auditUntilSettled(
  read: () => Promise<AuditResult>,
  pause: (ms: number) => Promise<void>,
  now: () => number = Date.now,
): Promise<AuditResult> {
  const until = now() + SETTLE_MS
  let last: string | undefined
  let same = 0
  for (;;) {
    const result = await read()
    if (result.holds) return result
    const violations = JSON.stringify(result.invariants.map(({ number, violations: rows }) => [number, rows]))
    same = violations === last ? same + 1 : 1
    last = violations
    if (same >= SAME_TIMES || now() + PAUSE_MS > until) return result
    await pause(PAUSE_MS)
  }
}

/** GET /admin/audit. */
export function readAudit(api: ApiClient, admin: string): Promise<AuditResult> {
  return askAdmin(api, admin, { method: 'GET', path: '/admin/audit', schema: auditAnswer })
}
