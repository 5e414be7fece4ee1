/** A wish for the best seats there are. */
interface BestWish {
  quantity: number
  grade?: string
  allowSplit?: true
}

/** What to offer to who did not get the seats: `faster`: as many others; `apart`: as many, not side by side; `other-grade`; `none`. */
export type NextWish = { kind: 'faster' | 'apart' | 'other-grade'; wish: BestWish } | { kind: 'none' }

/** The best next thing after a refusal SEAT_TAKEN. `details` are the refusal's. */
export function nextWish(
  wish: BestWish | { seatIds: readonly number[] },
  details: unknown,
  seats: readonly { seatId: number; grade: string }[],
): NextWish {
  if ('seatIds' in wish) {
    const grades = new Set(
      seats.filter(({ seatId }) => wish.seatIds.includes(seatId)).map(({ grade }) => grade),
    )
    const [grade] = grades
    const quantity = wish.seatIds.length
    return {
      kind: 'faster',
      wish: grades.size === 1 && grade !== undefined ? { quantity, grade } : { quantity },
    }
  }
  if (wish.allowSplit === undefined && splitWouldDo(details)) {
    return { kind: 'apart', wish: { ...wish, allowSplit: true } }
  }
  const { grade, ...anyGrade } = wish
  return grade === undefined ? { kind: 'none' } : { kind: 'other-grade', wish: anyGrade }
}

function splitWouldDo(details: unknown): boolean {
  return (
    typeof details === 'object' &&
    details !== null &&
    'splitWouldDo' in details &&
    details.splitWouldDo === true
  )
}
