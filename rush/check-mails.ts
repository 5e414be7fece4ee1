import type { Check } from './check-history.ts'
import type { FanRecord, FinalFacts, History } from './history.ts'
import type { Mail, MailboxReader } from './mailbox.ts'

/** How many mails of a kind somebody gets: at least and at most. */
type Range = readonly [least: number, most: number]

/** What the mails of a run are compared with. */
export interface MailFacts {
  readonly history: History
  /** Before the show was cancelled, or at the end where it was not. */
  readonly sold: FinalFacts
  /** At the end. */
  readonly facts: FinalFacts
  readonly emailOf: (userId: string) => string | undefined
}

/**
 * One mail an event: who bought is told so once, who got money back is told so once, who had a seat of a cancelled show is told so once.
 * A mail that came twice under one Message-ID is one mail, because whoever sends it dies now and then between the server's answer and its row.
 */
export function checkMails({ history, sold, facts, emailOf }: MailFacts, mails: readonly Mail[]): Check {
  const byAddress = Map.groupBy(mails, ({ to }) => to.join(', '))
  const violations: string[] = []
  for (const fan of history.fans) {
    // Nobody can say what a fan should be told whose payment went unanswered.
    if (fan.moneyUncertain) continue
    const got = byAddress.get(emailOf(fan.userId) ?? '') ?? []
    const expected = expectedMails(fan, sold, facts)
    for (const [kind, [least, most]] of Object.entries(expected)) {
      const times = new Set(got.filter(({ notice }) => notice === kind).map(({ messageId }) => messageId))
        .size
      const wanted = least === most ? String(least) : `${least} to ${most}`
      if (times < least || times > most)
        violations.push(`${fan.userId} got ${times} mails ${kind}, not ${wanted}`)
    }
    const others = got.filter(({ notice }) => notice === undefined || !(notice in expected))
    if (others.length > 0) violations.push(`${fan.userId} got ${others.length} mails of no reason`)
  }
  return { name: 'each event is told by one mail', checked: mails.length, violations }
}

function expectedMails(fan: FanRecord, sold: FinalFacts, facts: FinalFacts): Record<string, Range> {
  const now = fan.payments.map((payment) => ({
    ...payment,
    before: sold.payments.get(payment.paymentId)?.status,
    status: facts.payments.get(payment.paymentId)?.status,
  }))
  const count = (which: (payment: (typeof now)[number]) => boolean): number => now.filter(which).length
  // A confirmation that is still to be sent when its buyer cancels is not sent any more.
  const confirmations: Range = [
    count(({ before }) => before === 'APPROVED'),
    count(({ approved, before }) => approved || before === 'APPROVED'),
  ]
  // What was refunded without having been approved may have been given back before any money moved.
  const refunds: Range = [
    count(({ approved, status }) => approved && status === 'REFUNDED'),
    count(({ status }) => status === 'REFUNDED'),
  ]
  const cancelled = count(
    ({ before, status, reservationId }) =>
      before === 'APPROVED' && status === 'REFUNDED' && sold.reservations.get(reservationId) === 'CONFIRMED',
  )
  return { CONFIRMATION: confirmations, REFUND: refunds, SHOW_CANCELLED: [cancelled, cancelled] }
}

/** How long mails may take: so many a second are sent, and a mail server or a service may have to come back first. */
const MAILED_MS = 180_000
const PAUSE_MS = 2_000

/** Looks into the mailbox until each event has been told, and once more after a pause, when what is told twice has come too. */
export async function checkMailsWhenSent(
  mailbox: MailboxReader,
  told: MailFacts,
  pause: (ms: number) => Promise<void>,
  now: () => number = Date.now,
): Promise<Check> {
  const until = now() + MAILED_MS
  for (let whole = 0; ;) {
    const { mails, dropped } = await mailbox.read()
    const check = checkMails(told, mails)
    if (dropped)
      return { ...check, violations: ['the mailbox has dropped mails of this run: take fewer fans'] }
    whole = check.violations.length === 0 ? whole + 1 : 0
    if (whole === 2 || now() > until) return check
    await pause(PAUSE_MS)
  }
}
