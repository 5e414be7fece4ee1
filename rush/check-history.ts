import type { FanRecord, FinalFacts, HoldRecord, History, PaymentRecord } from './history.ts'

/** One thing that must hold of a run. */
export interface Check {
  readonly name: string
  readonly checked: number
  /** All of them; the report shows the first few. */
  readonly violations: readonly string[]
}

/** Answers carry the clocks of several processes, and a poll may be answered from what was known a moment ago. */
const CLOCK_TOLERANCE_MS = 2_000

/** Everything that the fans' own history says about the system. */
export function checkHistory(history: History, facts: FinalFacts, maxActive: number | undefined): Check[] {
  return [
    checkSeatsAtAnyTime(history, facts),
    checkSeatsAtTheEnd(history, facts),
    checkHoldsKept(history, facts),
    checkPaymentsKept(history, facts),
    checkRepeats(history),
    checkAdmissionOrder(history),
    ...(maxActive === undefined ? [] : [checkActive(history, maxActive)]),
    checkMoney(history, facts),
  ]
}

/** A seat is one person's from the answer of the hold until it runs out, is given back or for ever. */
export function checkSeatsAtAnyTime(history: History, facts: FinalFacts): Check {
  const spans = new Map<number, { from: number; until: number; who: string }[]>()
  for (const fan of history.fans) {
    for (const hold of fan.holds) {
      const span = {
        from: hold.heldAt,
        until: surelyHeldUntil(hold, facts),
        who: `${fan.userId} (${hold.reservationId})`,
      }
      for (const seatId of hold.seatIds) spans.set(seatId, [...(spans.get(seatId) ?? []), span])
    }
  }
  const violations: string[] = []
  for (const [seatId, all] of spans) {
    let last: { until: number; who: string } | undefined
    for (const span of all.toSorted((a, b) => a.from - b.from)) {
      if (last !== undefined && span.from < last.until) {
        violations.push(`seat ${seatId} was given to ${span.who} while it was ${last.who}'s`)
      }
      if (last === undefined || span.until > last.until) last = span
    }
  }
  return { name: 'no seat is given to two people at once', checked: spans.size, violations }
}

function surelyHeldUntil(hold: HoldRecord, facts: FinalFacts): number {
  // What is CONFIRMED in the end was never free since it was held, whether or not its owner saw the confirmation.
  if (isConfirmedBySystem(hold, facts)) return Number.POSITIVE_INFINITY
  if (hold.releasedAt !== undefined) return hold.releasedAt
  return hold.confirmedAt === undefined ? hold.expiresAt - CLOCK_TOLERANCE_MS : Number.POSITIVE_INFINITY
}

/** A seat is at most one reservation's that is CONFIRMED: by the system's own word in the end, or by what its owner was told. */
export function checkSeatsAtTheEnd(history: History, facts: FinalFacts): Check {
  const owners = new Map<number, string>()
  const violations: string[] = []
  for (const fan of history.fans) {
    for (const hold of fan.holds) {
      const wasTold = hold.confirmedAt !== undefined && hold.releasedAt === undefined
      if (!wasTold && !isConfirmedBySystem(hold, facts)) continue
      const who = `${fan.userId} (${hold.reservationId})`
      for (const seatId of facts.seats.get(hold.reservationId) ?? hold.seatIds) {
        const other = owners.get(seatId)
        if (other !== undefined) violations.push(`seat ${seatId} is confirmed to ${other} and ${who}`)
        owners.set(seatId, who)
      }
    }
  }
  return { name: 'no seat is confirmed to two people in the end', checked: owners.size, violations }
}

function isConfirmedBySystem(hold: HoldRecord, facts: FinalFacts): boolean {
  return facts.reservations.get(hold.reservationId) === 'CONFIRMED'
}

/** A hold that was answered is still known, of the same seats, and ended by its owner, its payment or its deadline alone. */
export function checkHoldsKept(history: History, facts: FinalFacts): Check {
  const violations: string[] = []
  let checked = 0
  for (const fan of history.fans) {
    for (const hold of fan.holds) {
      checked += 1
      const who = `reservation ${hold.reservationId} of ${fan.userId}`
      violations.push(...holdProblems(fan, hold, facts).map((problem) => `${who} ${problem}`))
    }
  }
  return { name: 'every hold is kept: CONFIRMED by one payment, CANCELLED by its owner', checked, violations }
}

function holdProblems(fan: FanRecord, hold: HoldRecord, facts: FinalFacts): string[] {
  const status = facts.reservations.get(hold.reservationId) ?? 'MISSING'
  if (status === 'MISSING') return ["can't be found any more"]
  const problems: string[] = []
  const [before, now] = [hold.seatIds, facts.seats.get(hold.reservationId) ?? hold.seatIds].map(listSeats)
  if (before !== now) problems.push(`was of seats ${before} and is of ${now}`)
  if (hold.releasedAt === undefined) {
    if (status === 'CANCELLED') problems.push('is CANCELLED though nobody released it')
  } else if (status === 'HOLD' || status === 'CONFIRMED') {
    problems.push(`was released and is ${status}`)
  }
  if (status === 'CONFIRMED') {
    const approved = fan.payments.filter(
      ({ paymentId, reservationId }) =>
        reservationId === hold.reservationId && facts.payments.get(paymentId)?.status === 'APPROVED',
    ).length
    // A payment that went unanswered is not among those that the fan knows.
    if (approved > 1 || (approved === 0 && !fan.moneyUncertain)) {
      problems.push(`is CONFIRMED by ${approved} approved payments`)
    }
  }
  return problems
}

function listSeats(seatIds: readonly number[]): string {
  return seatIds.toSorted((a, b) => a - b).join(', ')
}

/** Nothing that a fan was told succeeded is missing. */
export function checkPaymentsKept(history: History, facts: FinalFacts): Check {
  const violations: string[] = []
  let checked = 0
  for (const fan of history.fans) {
    for (const payment of fan.payments) {
      checked += 1
      violations.push(...paymentProblems(fan, payment, facts))
    }
  }
  return { name: 'every payment is kept: paid is CONFIRMED, cancelled is REFUNDED', checked, violations }
}

function paymentProblems(fan: FanRecord, payment: PaymentRecord, facts: FinalFacts): string[] {
  const who = `payment ${payment.paymentId} of ${fan.userId}`
  const now = facts.payments.get(payment.paymentId)
  const reservation = facts.reservations.get(payment.reservationId) ?? 'not asked'
  if (now === undefined) return [`${who} can't be found any more`]
  const problems: string[] = []
  if (now.amount !== payment.amount) problems.push(`${who} was of ${payment.amount}, now of ${now.amount}`)
  if (now.status === 'PENDING') return [...problems, `${who} never settled`]
  if (payment.approved) {
    const wanted = payment.cancelled ? ['REFUNDED', 'CANCELLED'] : ['APPROVED', 'CONFIRMED']
    if (now.status !== wanted[0] || reservation !== wanted[1]) {
      problems.push(
        `${who} is ${now.status} with its reservation ${reservation}, not ${wanted.join(' with ')}`,
      )
    }
  } else if (now.status === 'APPROVED') {
    if (payment.failed) problems.push(`${who} was answered as failed and is APPROVED`)
    if (reservation !== 'CONFIRMED') problems.push(`${who} is APPROVED with its reservation ${reservation}`)
  }
  return problems
}

function checkRepeats(history: History): Check {
  const violations = history.repeats.flatMap(({ userId, what, problem }) =>
    problem === undefined ? [] : [`${what} of ${userId}: ${problem}`],
  )
  return { name: 'the same key gives the same answer', checked: history.repeats.length, violations }
}

/** Each has a place of their own, and nobody was seen waiting well after somebody behind them was seen inside. */
export function checkAdmissionOrder(history: History): Check {
  const places = history.fans
    .flatMap((fan) => (fan.place === undefined ? [] : [{ userId: fan.userId, ...fan.place }]))
    .toSorted((a, b) => b.sequence - a.sequence)
  const violations: string[] = []
  let firstIn = { at: Number.POSITIVE_INFINITY, who: '' }
  for (const [index, { sequence, userId, lastWaitingAt, firstActiveAt }] of places.entries()) {
    const behind = places[index - 1]
    if (behind?.sequence === sequence) {
      violations.push(`${behind.userId} and ${userId} both have place ${sequence}`)
    }
    if (lastWaitingAt !== undefined && lastWaitingAt > firstIn.at + CLOCK_TOLERANCE_MS) {
      const late = lastWaitingAt - firstIn.at
      violations.push(`${userId} (place ${sequence}) still waited ${late} ms after ${firstIn.who} was in`)
    }
    if (firstActiveAt !== undefined && firstActiveAt < firstIn.at) {
      firstIn = { at: firstActiveAt, who: `${userId} (place ${sequence})` }
    }
  }
  return { name: 'people are admitted in the order of their places', checked: places.length, violations }
}

/** Counts only the time between two sightings of an ACTIVE token, so it can't blame wrongly. */
export function checkActive(history: History, maxActive: number): Check {
  const changes: { at: number; by: number }[] = []
  for (const { place } of history.fans) {
    if (place?.activeFrom === undefined || place.activeUntil === undefined) continue
    if (place.activeUntil <= place.activeFrom) continue
    changes.push({ at: place.activeFrom, by: 1 }, { at: place.activeUntil, by: -1 })
  }
  changes.sort((a, b) => a.at - b.at || a.by - b.by)
  let active = 0
  let most = 0
  for (const change of changes) {
    active += change.by
    most = Math.max(most, active)
  }
  const violations = most > maxActive ? [`${most} people were in at once`] : []
  return {
    name: `never more than ${maxActive} people are in (most seen: ${most})`,
    checked: changes.length / 2,
    violations,
  }
}

/** Charged, less what was paid from it and not given back, is what is left. */
export function checkMoney(history: History, facts: FinalFacts): Check {
  const violations: string[] = []
  let checked = 0
  for (const fan of history.fans) {
    const balance = facts.balances.get(fan.userId)
    if (fan.moneyUncertain || (balance === undefined && fan.charged === 0)) continue
    checked += 1
    if (balance === undefined) {
      violations.push(`${fan.userId} charged ${fan.charged}, and the wallet can't be read`)
      continue
    }
    const kept = fan.payments
      .filter(
        ({ paymentId, method }) =>
          method === 'BALANCE' && facts.payments.get(paymentId)?.status === 'APPROVED',
      )
      .reduce((sum, payment) => sum + payment.amount, 0)
    if (balance !== fan.charged - kept) {
      violations.push(`${fan.userId} charged ${fan.charged}, paid ${kept}, and has ${balance}`)
    }
  }
  return {
    name: 'each wallet holds what was charged, less what was paid, with refunds back in it',
    checked,
    violations,
  }
}
