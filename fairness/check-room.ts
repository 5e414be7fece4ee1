import { checkCommitment, checkEntry, checkSeed } from './check-draw.ts'
import { checkAllowances, checkEnds } from './check-ends.ts'
import { checkActive, checkPace } from './check-limits.ts'
import { checkNobodyPassedOver, checkSequences } from './check-order.ts'
import type { Check } from './findings.ts'
import type { NotedRoom } from './noted.ts'
import type { RoomReading } from './read-room.ts'

/** Runs all checks, in the order of docs/fairness.md. */
export function checkRoom(
  { published, admissions, ends, logChecks }: RoomReading,
  { scheduleId, commitment, entry }: Pick<NotedRoom, 'scheduleId' | 'commitment' | 'entry'>,
): Check[] {
  return [
    checkSeed(published),
    checkCommitment(published.commitment, commitment),
    ...logChecks,
    ...checkSequences(admissions, published.draw),
    checkNobodyPassedOver(admissions),
    checkActive(admissions),
    checkPace(admissions),
    ...checkEnds(admissions, ends),
    checkAllowances(ends),
    ...(entry === undefined ? [] : [checkEntry(scheduleId, published, entry)]),
  ]
}
