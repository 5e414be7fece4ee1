import { describe, expect, test } from '@jest/globals'
import { checkMails, checkMailsWhenSent } from './check-mails.ts'
import { newFanRecord } from './history.ts'
import type { FinalFacts, PaymentRecord } from './history.ts'
import type { Mail } from './mailbox.ts'

const payment = (change: Partial<PaymentRecord> = {}): PaymentRecord => ({
  paymentId: 'p1',
  reservationId: 'r1',
  amount: 70_000,
  method: 'BALANCE',
  approved: true,
  failed: false,
  cancelled: false,
  ...change,
})
const facts = (payments: string, reservation: string): FinalFacts => ({
  reservations: new Map([['r1', reservation]]),
  seats: new Map(),
  payments: new Map([['p1', { status: payments, amount: 70_000 }]]),
  balances: new Map(),
})
const mail = (notice: string | undefined, messageId = String(notice)): Mail => ({
  messageId,
  to: ['a@example.com'],
  notice,
})
const told = (sold: FinalFacts, end = sold, change: Partial<PaymentRecord> = {}) => ({
  history: { fans: [{ ...newFanRecord('a'), payments: [payment(change)] }], repeats: [] },
  sold,
  facts: end,
  emailOf: (userId: string) => `${userId}@example.com`,
})
const bought = told(facts('APPROVED', 'CONFIRMED'))
const refunded = told(facts('REFUNDED', 'CANCELLED'))
const cancelledShow = told(facts('APPROVED', 'CONFIRMED'), facts('REFUNDED', 'CANCELLED'))
const confirmed = mail('CONFIRMATION')

describe('each event is told by one mail', () => {
  test.each([
    ['a purchase by its confirmation', bought, [confirmed]],
    ['a confirmation that was sent again is one', bought, [confirmed, confirmed]],
    ['a refund by its own', refunded, [confirmed, mail('REFUND')]],
    ['a purchase that was cancelled before it was confirmed by its refund', refunded, [mail('REFUND')]],
    ['a cancelled show by two more', cancelledShow, [confirmed, mail('SHOW_CANCELLED'), mail('REFUND')]],
    [
      'a payment that never was approved and was given back, by one or none',
      told(facts('REFUNDED', 'CANCELLED'), facts('REFUNDED', 'CANCELLED'), { approved: false }),
      [],
    ],
  ])('%s', (_what, events, mails) => {
    expect(checkMails(events, mails)).toMatchObject({ checked: mails.length, violations: [] })
  })

  test.each([
    ['no confirmation', bought, [], 'a got 0 mails CONFIRMATION, not 1'],
    ['two confirmations', bought, [confirmed, mail('CONFIRMATION', 'other')], 'a got 2 mails CONFIRMATION'],
    ['a refund of what is kept', bought, [confirmed, mail('REFUND')], 'a got 1 mails REFUND, not 0'],
    ['no refund', refunded, [confirmed], 'a got 0 mails REFUND, not 1'],
    ['nothing of the cancelled show', cancelledShow, [confirmed, mail('REFUND')], 'SHOW_CANCELLED, not 1'],
    ['something else', bought, [confirmed, mail(undefined, 'x')], 'a got 1 mails of no reason'],
  ])('%s is found', (_what, events, mails, problem) => {
    expect(checkMails(events, mails).violations).toEqual([expect.stringContaining(problem)])
  })

  test('of whose payment went unanswered nothing is asked', () => {
    const { fans } = bought.history
    const unsure = {
      ...bought,
      history: { fans: fans.map((fan) => ({ ...fan, moneyUncertain: true })), repeats: [] },
    }
    expect(checkMails(unsure, []).violations).toEqual([])
  })
})

describe('the mails are waited for', () => {
  const reader = (...rounds: { mails: Mail[]; dropped?: boolean }[]) => {
    let now = 0
    return {
      mailbox: {
        read: () =>
          Promise.resolve({ dropped: false, mails: [], ...(rounds.length > 1 ? rounds.shift() : rounds[0]) }),
        close: () => undefined,
      },
      pause: (ms: number) => {
        now += ms
        return Promise.resolve()
      },
      now: () => now,
    }
  }

  test('one that comes later is no violation', async () => {
    const { mailbox, pause, now } = reader({ mails: [] }, { mails: [confirmed] })
    expect((await checkMailsWhenSent(mailbox, bought, pause, now)).violations).toEqual([])
  })

  test('one that comes twice after a moment is', async () => {
    const twice = [confirmed, mail('CONFIRMATION', 'other')]
    const { mailbox, pause, now } = reader({ mails: [confirmed] }, { mails: twice })
    expect((await checkMailsWhenSent(mailbox, bought, pause, now)).violations).toHaveLength(1)
  })

  test('one that never comes is found in the end', async () => {
    const { mailbox, pause, now } = reader({ mails: [] })
    expect((await checkMailsWhenSent(mailbox, bought, pause, now)).violations).toHaveLength(1)
  })

  test('a mailbox that has dropped mails can not tell', async () => {
    const { mailbox, pause, now } = reader({ mails: [confirmed], dropped: true })
    expect((await checkMailsWhenSent(mailbox, bought, pause, now)).violations).toEqual([
      expect.stringContaining('dropped'),
    ])
  })
})
