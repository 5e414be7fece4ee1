import type { NextJob } from './job.ts'

/**
 * The first of these jobs that can be run at once and end as if they were run one after the other: none is of the same person as another, or wants
 * a seat that another names. Those that name seats and those that take the best available are not mixed, since the latter could get what the former
 * want. Where a schedule has `noOrphanSeats`, two of them may leave a single seat between them, as two requests at the same moment may.
 */
export function nextWave(jobs: readonly NextJob[]): NextJob[] {
  const users = new Set<string>()
  const seats = new Set<number>()
  const wave: NextJob[] = []
  for (const job of jobs) {
    const { userId, choice } = job
    const named = 'seatIds' in choice ? choice.seatIds : undefined
    const isNamedWave = wave[0] === undefined || 'seatIds' in wave[0].choice
    const isOfThisKind = wave.length === 0 || isNamedWave === (named !== undefined)
    if (!isOfThisKind || users.has(userId) || named?.some((seatId) => seats.has(seatId)) === true) break
    wave.push(job)
    users.add(userId)
    for (const seatId of named ?? []) seats.add(seatId)
  }
  return wave
}
