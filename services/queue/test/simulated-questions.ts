import { expect } from '@jest/globals'
import { locatePlace } from '../src/places/locate-place.ts'
import { verifyToken } from '../src/places/verify-token.ts'
import type { RoomComparison, SimulatedRoom } from './room-comparison.ts'
import { isInTime } from './room-model.ts'
import type { ModelPlace, RoomModel, Standing } from './room-model.ts'
import { refusalOr } from './simulated-commands.ts'
import { noteSeenAfter } from './simulated-instance.ts'
import type { SimulatedInstance } from './simulated-instance.ts'
import { readPlaces } from './simulation-checks.ts'

/** How the holder of a token asks: by a poll, or by a purchase, for which the token is verified. */
export type Question = 'poll' | 'verify'

/** Has an instance asked for a place, compares the answer with the model, and has the model note that the holder was seen. */
export async function ask(
  question: Question,
  token: string,
  on: {
    room: SimulatedRoom
    instance: SimulatedInstance
    model: RoomModel
    comparison: RoomComparison
    /** A process remembers which tokens are over, also where the clock is turned back. */
    isTurnedBack: boolean
  },
): Promise<void> {
  const { room, instance, model, comparison } = on
  const { scheduleId, clock } = room
  const { nowMs } = clock
  const { ctx } = instance
  // Nothing that this process has read within the last second is taken for new.
  ctx.rooms.forgetSummary(scheduleId)
  const { mirror, behind, isKnown } = await comparison.readable(instance)
  const mirrored = behind?.stand(token, nowMs)
  const expected = mirrored ?? model.stand(token, nowMs)
  const place = model.places.find((one) => one.sequence === expected?.sequence && isInTime(one, nowMs))
  const answer = await refusalOr<unknown>(
    question === 'poll' ? locatePlace(ctx, token, {}) : verifyToken(ctx, { token }),
  )
  // Notes follow each other, so that whatever the answer has noted is done after this one, which is about nobody.
  await ctx.notes.add(scheduleId, { kind: 'SEEN', sequence: 0, atMs: 0 })
  const isLate = expected?.status === 'ACTIVE' && expected.noteSeen && place === undefined
  if (isKnown && (expected === undefined || isLate)) expect(answer).toBe('QUEUE_TOKEN_INVALID')
  const isRefused = answer === 'QUEUE_TOKEN_INVALID' && on.isTurnedBack
  if (expected === undefined || isLate || !isKnown || isRefused) return adoptSeen(room, model, place)
  if (mirrored === undefined && expected.status === 'WAITING') await adoptSeen(room, model, place)
  else if (place !== undefined) {
    const seenAfterMs = nowMs - noteSeenAfter(room.config)
    const isNoted =
      expected.status === 'ACTIVE' ? expected.noteSeen : !((mirror.seen[place.user] ?? 0) > seenAfterMs)
    // Whose token is verified for a purchase has shown up, also where the mirror has not heard of the admission yet.
    const isVerified = question === 'verify' && place.status === 'ACTIVE' && !expected.roomOff
    if (isNoted || isVerified) model.seen(place, nowMs)
  }
  if (question === 'poll') expectPolled(answer, expected)
  else expectVerified(answer, expected, model.stand(token, nowMs))
  if (place?.status !== 'WAITING') return
  const seenMs = Math.max(place.seenAtMs, comparison.laggedMs)
  expect(seenMs).toBeGreaterThanOrEqual(nowMs - noteSeenAfter(room.config))
}

/** Takes over from the rows whether it was noted that somebody was seen, where that depends on what the mirror has just heard. */
async function adoptSeen(
  { scheduleId, instances, clock }: SimulatedRoom,
  model: RoomModel,
  place: ModelPlace | undefined,
): Promise<void> {
  if (place === undefined) return
  const rows = await readPlaces(instances[0].stores, scheduleId)
  const row = rows.find(({ sequence }) => sequence === place.sequence)
  const isSeen = place.status === 'WAITING' ? row?.seenAtMs === clock.nowMs : row?.showUpByMs === null
  if (isSeen) model.seen(place, clock.nowMs)
}

function expectPolled(answer: unknown, expected: Standing): void {
  const { status, sequence } = expected
  // Positions from rows may be a second old; checkAnswers compares new ones.
  const deadline = expected.status === 'ACTIVE' ? { activeUntilMs: expected.activeUntilMs } : {}
  expect(answer).toMatchObject({ place: { status, sequence, ...deadline } })
}

/** `current`: where the place stands by the rows, which are asked before somebody is refused. */
function expectVerified(answer: unknown, expected: Standing, current: Standing | undefined): void {
  const { sequence } = expected
  if (expected.roomOff) expect(answer).toMatchObject({ sequence, activeUntilMs: 0 })
  else if (expected.status === 'ACTIVE') {
    expect(answer).toMatchObject({ sequence, activeUntilMs: expected.activeUntilMs })
  } else if (current?.status === 'ACTIVE') {
    expect(answer).toMatchObject({ sequence: current.sequence, activeUntilMs: current.activeUntilMs })
  } else expect(answer).toBe('QUEUE_TOKEN_NOT_ACTIVE')
}
