/** When a performance is, and when its waiting room and its booking open and close. */
export interface ScheduleTimes {
  performanceAt: Date
  /** The room opens with the booking where it is left out. */
  waitingRoomOpenAt?: Date | undefined
  bookingOpenAt: Date
  bookingCloseAt: Date
  /** Until when a buyer can give back what is paid; until the performance begins where it is left out or null. */
  refundableUntil?: Date | null | undefined
}

/** A rule that a time breaks. */
export interface TimeProblem {
  field: keyof ScheduleTimes
  rule: string
}

/** The rules about the order of the times that these break. */
export function orderProblems(times: ScheduleTimes): TimeProblem[] {
  const { performanceAt, waitingRoomOpenAt, bookingOpenAt, bookingCloseAt, refundableUntil } = times
  const problems: TimeProblem[] = []
  if (bookingCloseAt <= bookingOpenAt) {
    problems.push({ field: 'bookingCloseAt', rule: 'must be after bookingOpenAt' })
  }
  if (bookingCloseAt > performanceAt) {
    problems.push({ field: 'bookingCloseAt', rule: 'must not be after performanceAt' })
  }
  if (waitingRoomOpenAt !== undefined && waitingRoomOpenAt > bookingOpenAt) {
    problems.push({ field: 'waitingRoomOpenAt', rule: 'must not be after bookingOpenAt' })
  }
  if (refundableUntil && refundableUntil > performanceAt) {
    problems.push({ field: 'refundableUntil', rule: 'must not be after performanceAt' })
  }
  return problems
}

/** Those of the times that are given and must be in the future, and are not. */
export function pastProblems(
  times: Partial<Pick<ScheduleTimes, 'performanceAt' | 'bookingCloseAt'>>,
  now: Date,
): TimeProblem[] {
  const fields = ['performanceAt', 'bookingCloseAt'] as const
  return fields
    .filter((field) => (times[field] ?? Infinity) <= now)
    .map((field) => ({ field, rule: 'must be in the future' }))
}
