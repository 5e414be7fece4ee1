import { z } from 'zod'
import { answerCheck, challengeAnswer, challengePath } from './answer-check.ts'
import { joinAnswer, nowServingAnswer, placeAnswer } from './answers.ts'
import type { Place } from './answers.ts'
import { VisitEnded } from './fan.ts'
import type { Fan } from './fan.ts'
import type { Rush } from './rush.ts'

/** Fans who watch now-serving ask for it this often, and for their own place after WATCHES_A_POLL such answers. */
const WATCH_MS = 2_000
const WATCHES_A_POLL = 5
/** The shortest pause between two polls, also where the system asks for less, as it may for those who are next. */
const POLL_MIN_MS = 200

/** Joins the line and waits until the fan is admitted. Throws VisitEnded where the fan leaves the line. */
export async function waitInLine(rush: Rush, fan: Fan): Promise<void> {
  let place = await join(rush, fan)
  rush.measurements.count.joined += 1
  for (let polls = 0; place.status === 'WAITING'; polls += 1) {
    fan.moveTo('waiting')
    if (fan.profile.pollsBeforeLeaving === polls) await leaveLine(fan)
    await (fan.profile.watchesNowServing ? watchNowServing(rush, fan, place) : waitAsTold(rush, fan, place))
    place = await askForPlace(rush, fan)
  }
  if (place.status !== 'ACTIVE') {
    fan.reportUnexpected(
      'poll',
      place.status,
      `place ${place.sequence} ended as ${place.status} while waiting`,
    )
    throw new VisitEnded('failed')
  }
  fan.moveTo('active')
  rush.measurements.count.admitted += 1
}

async function join(rush: Rush, fan: Fan): Promise<Place> {
  const body = { scheduleId: rush.sale.scheduleId }
  const path = '/queue/tokens'
  const call = { step: 'join', method: 'POST', path, schema: joinAnswer } as const
  let answer = await fan.ask({ ...call, body }, 'no token')
  if (answer.kind === 'refused' && answer.refusal.code === 'JOIN_CHECK_REQUIRED') {
    fan.acceptRefusal('join', answer)
    const checkAnswer = await answerJoinCheck(rush, fan)
    answer = await fan.ask({ ...call, body: { ...body, checkAnswer } }, 'no token')
  }
  if (answer.kind === 'refused') {
    // An earlier try had taken effect, and only its answer got lost: a reissue gives a new token for the same place.
    fan.acceptRefusal('join', answer)
    answer = await fan.ask({ step: 'join', method: 'PUT', path, body, schema: joinAnswer }, 'no token')
  }
  if (answer.kind === 'refused') {
    fan.acceptRefusal('join', answer)
    throw new VisitEnded('failed')
  }
  fan.queueToken = answer.data.token
  return recordPlace(fan, answer.data)
}

async function answerJoinCheck(rush: Rush, fan: Fan): Promise<string> {
  const path = challengePath(rush.sale.scheduleId)
  const asked = await fan.ask({ step: 'challenge', method: 'GET', path, schema: challengeAnswer }, 'no token')
  const answer = asked.kind === 'refused' ? undefined : await answerCheck(asked.data, rush.shopping)
  if (answer === undefined) {
    fan.reportUnexpected(
      'challenge',
      'UNANSWERABLE',
      'joins are checked by something that only a person can answer',
    )
    throw new VisitEnded('failed')
  }
  return answer
}

async function askForPlace(rush: Rush, fan: Fan): Promise<Place> {
  const call = { step: 'poll', method: 'GET', path: '/queue/tokens/me', schema: placeAnswer } as const
  const answer = await fan.ask(call, 'token')
  if (answer.kind === 'refused') {
    fan.acceptRefusal('poll', answer)
    throw new VisitEnded('failed')
  }
  if (answer.data.scheduleId !== rush.sale.scheduleId) {
    fan.reportUnexpected(
      'poll',
      'WRONG_ANSWER',
      `the place is in the line of schedule ${answer.data.scheduleId}`,
    )
    throw new VisitEnded('failed')
  }
  return recordPlace(fan, answer.data)
}

function recordPlace(fan: Fan, place: Place): Place {
  const record = (fan.record.place ??= {
    sequence: place.sequence,
    lastWaitingAt: undefined,
    firstActiveAt: undefined,
    activeFrom: undefined,
    activeUntil: undefined,
  })
  if (place.sequence !== record.sequence) {
    fan.reportUnexpected('poll', 'PLACE_CHANGED', `place ${record.sequence} became ${place.sequence}`)
    throw new VisitEnded('failed')
  }
  fan.tokenExpiresAt = place.expiresAt ?? undefined
  if (place.status === 'WAITING') record.lastWaitingAt = Math.max(record.lastWaitingAt ?? 0, place.serverTime)
  if (place.status === 'ACTIVE') {
    record.firstActiveAt ??= place.serverTime
    record.activeFrom ??= Date.now()
  }
  return place
}

function waitAsTold(rush: Rush, fan: Fan, place: Place): Promise<void> {
  // The system spreads its answers itself. We add a little, so that the fans of this one process do not poll in step.
  const ms = place.pollAfterSeconds * 1_000 * fan.random.between(1, 1.1)
  return rush.shopping.pause(Math.max(POLL_MIN_MS, ms))
}

async function watchNowServing(rush: Rush, fan: Fan, place: Place): Promise<void> {
  const path = `/queue/schedules/${rush.sale.scheduleId}/now-serving`
  for (let looks = 0; looks < WATCHES_A_POLL; looks += 1) {
    await rush.shopping.pause(WATCH_MS * fan.random.between(0.8, 1.2))
    const answer = await rush.api.call({ step: 'now-serving', method: 'GET', path, schema: nowServingAnswer })
    if (answer.kind === 'refused') {
      fan.acceptRefusal('now-serving', answer)
      return
    }
    if (place.sequence <= answer.data.nowServing) return
  }
}

async function leaveLine(fan: Fan): Promise<never> {
  await leaveRoom(fan)
  throw new VisitEnded('left the line')
}

/** Gives the place up. Half of the fans do it twice, because the second time must be answered like the first. */
export async function leaveRoom(fan: Fan): Promise<void> {
  const call = { step: 'leave', method: 'DELETE', path: '/queue/tokens/me', schema: z.undefined() } as const
  for (let times = fan.random.integer(1, 2); times > 0; times -= 1) {
    const answer = await fan.ask(call, 'token')
    if (answer.kind === 'refused') fan.acceptRefusal('leave', answer)
  }
}
