import type { Queryable } from '@frontrow/postgres/pool'
import { serviceNames } from '../scripts/services.ts'

/** What has to end before its person can be erased, each as a line. $1: the user id; $2: their id as a field of JSON text. */
const questions: readonly string[] = [
  `SELECT format('a place in the line of schedule %s, which is %s: leave it, or wait for its end', schedule_id, status)
   FROM queue.queue_tokens WHERE user_id = $1 AND status IN ('WAITING', 'ACTIVE')`,
  `SELECT format('the held seats of reservation %s: release them, or wait until %s', reservation_id, expires_at)
   FROM reservation.reservations WHERE user_id = $1 AND status = 'HOLD' AND expires_at > now()`,
  `SELECT format('the tickets of reservation %s, whose show is at %s: cancel them, or wait for the show', reservation_id, performance_at)
   FROM reservation.reservations JOIN catalog.schedules USING (schedule_id)
   WHERE user_id = $1 AND reservations.status = 'CONFIRMED' AND performance_at > now()`,
  `SELECT format('the refund of reservation %s', reservation_id) FROM reservation.reservations
   WHERE user_id = $1 AND refund_status = 'PENDING'`,
  `SELECT format('job %s', job_id) FROM reservation.jobs WHERE user_id = $1 AND completed_at IS NULL`,
  `SELECT format('payment %s, which is at work', payment_id) FROM payment.payments p WHERE user_id = $1 AND (status = 'PENDING'
     OR EXISTS (SELECT FROM payment.card_captures c WHERE c.payment_id = p.payment_id AND c.lane IS NOT NULL)
     OR EXISTS (SELECT FROM payment.purchase_sagas s WHERE s.payment_id = p.payment_id AND s.deadline_at IS NOT NULL))`,
  `SELECT format('mail %s, which is not sent yet', notice_id) FROM payment.notices WHERE user_id = $1 AND status = 'PENDING'`,
  `SELECT format('the delivery %s to webhook %s: wait until it is delivered or failed, or disable the webhook', delivery_id, webhook_id)
   FROM payment.webhook_deliveries WHERE status = 'PENDING' AND position($2 in body) > 0`,
  `SELECT format('dead letter %s, which was not tried again', dead_letter_id) FROM payment.dead_letters
   WHERE position(convert_to($2, 'UTF8') in value) > 0 AND retried_at IS NULL`,
  `SELECT format('charge %s, which is at work at the card provider', charge_id) FROM wallet.charges
   WHERE user_id = $1 AND (status = 'CHARGING' OR next_attempt_at IS NOT NULL)`,
  `SELECT format('a wallet that holds %s: pay it out, and correct it to 0', balance) FROM wallet.wallets
   WHERE user_id = $1 AND balance > 0`,
  ...serviceNames.map(
    (
      schema,
    ) => `SELECT format('message %s of ${schema}, which is not published yet', message_id) FROM ${schema}.outbox
     WHERE published_at IS NULL AND position($2 in payload::text) > 0`,
  ),
]

/** What is still running of a person, in words; empty where they can be erased. */
export async function findRunning(db: Queryable, userId: string, field: string): Promise<string[]> {
  const lines: string[] = []
  for (const text of questions) {
    // Each names both, so that PostgreSQL takes both.
    const both = `WITH about AS (SELECT $1::text, $2::text) ${text}`
    const { rows } = await db.query<{ format: string }>(both, [userId, field])
    lines.push(...rows.map(({ format }) => format))
  }
  return lines
}
