import { createHmac, hash } from 'node:crypto'
import { isRefusal } from '@frontrow/proto/refusals'
import { admitToRoom } from '../src/admission/admit-waiting.ts'
import { setRoomLimits } from './set-limits.ts'
import type { QueueContext } from '../src/context.ts'
import { drawEarlyPlaces } from '../src/fairness/draw-early-places.ts'
import type { PlaceDescription } from '../src/places/describe-place.ts'
import { noteHold } from '../src/places/holds-of-place.ts'
import { joinWaitingRoom } from '../src/places/join-waiting-room.ts'
import { leaveWaitingRoom } from '../src/places/leave-waiting-room.ts'
import type { PlaceNote } from '../src/places/note-place.ts'
import { reissueToken } from '../src/places/reissue-token.ts'
import { hashToken } from '../src/places/token-value.ts'
import { end, isInTime } from './room-model.ts'
import type { ModelPlace, Moment, RoomModel } from './room-model.ts'
import type { Change } from './simulation-course.ts'

/** What `use cases` are asked; a Change in which people and places have their names. */
export type Command =
  | { kind: 'join'; users: string[] }
  | { kind: 'notes'; notes: PlaceNote[]; tokens: string[] }
  | { kind: 'hold'; note: Extract<PlaceNote, { kind: 'EXTENDED' | 'USED' }> }
  | { kind: 'leave'; token: string }
  | { kind: 'reissue'; user: string }
  | { kind: 'round' }
  | { kind: 'steer'; limits: Omit<Extract<Change, { kind: 'steer' }>, 'kind'> }
  | { kind: 'draw'; transactions: number }

/** A place as its holder is told, as far as it can be foretold; or the code of a refusal. */
type TokenAnswer = { status: string; sequence: number; position?: number; expiresAtMs?: number } | string

/** What came of a command; `tokens` are the values given out, in the order of the answers. */
export interface Answer {
  told: unknown
  tokens: (string | undefined)[]
}

export const SEED_TEXT = 'simulated'

/** Has the real service do it. */
export async function carryOut(ctx: QueueContext, scheduleId: number, command: Command): Promise<Answer> {
  switch (command.kind) {
    case 'join': {
      const joins = command.users.map((userId) => described(joinWaitingRoom(ctx, { scheduleId, userId })))
      const answers = await Promise.all(joins)
      return { told: answers.map(({ told }) => told), tokens: answers.map(({ token }) => token) }
    }
    case 'notes': {
      const outcomes = await Promise.all(command.notes.map((note) => ctx.notes.add(scheduleId, note)))
      return { told: outcomes.map((outcome) => outcome !== null), tokens: command.tokens }
    }
    case 'hold':
      await noteHold(ctx, scheduleId, command.note)
      return { told: undefined, tokens: [] }
    case 'leave':
      return { told: await refusalOr(leaveWaitingRoom(ctx, command.token, { scheduleId })), tokens: [] }
    case 'reissue': {
      const { told, token } = await described(reissueToken(ctx, { scheduleId, userId: command.user }))
      // The line that PostgreSQL is asked for may be a second old.
      return { told: typeof told === 'string' ? told : { ...told, position: undefined }, tokens: [token] }
    }
    case 'round':
      await admitToRoom(ctx, scheduleId)
      return { told: undefined, tokens: [] }
    case 'steer': {
      const { maxActive, admitPerSecond, paused } = await setRoomLimits(ctx, scheduleId, command.limits)
      return { told: { maxActive, admitPerSecond, paused }, tokens: [] }
    }
    case 'draw':
      return { told: await draw(ctx, scheduleId), tokens: [] }
  }
}

/** The lock of a draw that has just ended is given back a moment later. */
async function draw(ctx: QueueContext, scheduleId: number): Promise<string> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const outcome = await drawEarlyPlaces(ctx, scheduleId, new AbortController().signal)
    if (outcome !== 'BUSY') return outcome
  }
  throw new Error('another instance has been making the draw for too long')
}

async function described(
  asked: Promise<PlaceDescription>,
): Promise<{ told: TokenAnswer; token: string | undefined }> {
  const answer = await refusalOr(asked)
  if (typeof answer === 'string') return { told: answer, token: undefined }
  const { status, sequence, queuePosition, expiresAt, token } = answer
  return { told: { status, sequence, position: queuePosition, expiresAtMs: Date.parse(expiresAt) }, token }
}

/** The answer, or the code of the refusal. */
export async function refusalOr<T>(asked: Promise<T>): Promise<T | string> {
  try {
    return await asked
  } catch (error) {
    if (isRefusal(error)) return error.code
    throw error
  }
}

/** Has the model do it, and says what the service has to answer. Places get the tokens that the service has given out. */
export function foretell(model: RoomModel, command: Command, at: Moment, answer: Answer): unknown {
  const { nowMs, scheduleId } = at
  switch (command.kind) {
    case 'join':
      return foretellJoin(model, command.users, at, answer)
    case 'notes':
      return foretellNotes(model, command.notes, nowMs, command.tokens)
    case 'hold':
      foretellNotes(model, [command.note], nowMs, [])
      return undefined
    case 'leave':
      foretellNotes(model, [{ kind: 'LEFT', tokenHash: hashToken(command.token).full }], nowMs, [])
      // A value that was replaced may be forgotten, and then is refused.
      return model.places.some(({ token }) => token === command.token) ? { scheduleId } : answer.told
    case 'reissue': {
      const tokenHash = Buffer.alloc(32)
      const note: PlaceNote = { kind: 'REISSUED', userId: command.user, tokenHash }
      const [isNoted] = foretellNotes(model, [note], nowMs, [answer.tokens[0] ?? ''])
      const place = model.liveOf(command.user)
      if (isNoted !== true || place === undefined) return 'QUEUE_TOKEN_NOT_FOUND'
      return { ...answerFor(model, place, nowMs), position: undefined }
    }
    case 'round':
      model.admit(at)
      return undefined
    case 'steer': {
      model.isMade = true
      const { maxActive = model.limits.maxActive, admitPerSecond, paused } = command.limits
      model.limits = {
        maxActive,
        admitPerSecond: admitPerSecond ?? model.limits.admitPerSecond,
        paused: paused ?? model.limits.paused,
      }
      return model.limits
    }
    case 'draw':
      return foretellDraw(model, scheduleId, command.transactions, at)
  }
}

function foretellJoin(
  model: RoomModel,
  users: readonly string[],
  at: Moment,
  { tokens }: Answer,
): TokenAnswer[] {
  const { nowMs } = at
  if (!at.isOnSale || nowMs >= at.endsAtMs) return users.map(() => 'BOOKING_NOT_OPEN')
  const answers = model.join(users, at).map((outcome) => answerOf(model, outcome, nowMs))
  for (const [index, user] of users.entries()) {
    const place = model.liveOf(user)
    if (answers[index] === 'QUEUE_TOKEN_EXISTS' && (place === undefined || !isInTime(place, nowMs))) {
      // The place that was in the way is ended by a round, and the join is tried once more.
      model.admit(at)
      const [outcome = 'FULL'] = model.join([user], at)
      answers[index] = answerOf(model, outcome, nowMs)
    }
    const joined = model.liveOf(user)
    if (typeof answers[index] === 'object' && joined !== undefined) joined.token = tokens[index] ?? ''
  }
  return answers
}

function answerOf(model: RoomModel, outcome: ModelPlace | 'EXISTS' | 'FULL', nowMs: number): TokenAnswer {
  if (outcome === 'FULL') return 'QUEUE_FULL'
  return outcome === 'EXISTS' ? 'QUEUE_TOKEN_EXISTS' : answerFor(model, outcome, nowMs)
}

function answerFor(model: RoomModel, place: ModelPlace, nowMs: number): Exclude<TokenAnswer, string> {
  const { status, sequence, activeUntilMs } = place
  if (activeUntilMs !== null) return { status, sequence, position: 0, expiresAtMs: activeUntilMs }
  const position = model.line.indexOf(place) + 1
  return { status, sequence, position, expiresAtMs: nowMs + model.rules.waitingMs }
}

/** Whether each note found a place, one after the other: a reissue makes the token of a later leave worth nothing. */
function foretellNotes(
  model: RoomModel,
  notes: readonly PlaceNote[],
  nowMs: number,
  tokens: readonly string[],
): boolean[] {
  return notes.map((note, index) => {
    const place = model.places.find((one) => {
      if (!isInTime(one, nowMs)) return false
      if (note.kind === 'LEFT') return hashToken(one.token).full.equals(note.tokenHash)
      return note.kind === 'REISSUED' ? one.user === note.userId : one.sequence === note.sequence
    })
    if (place === undefined) return false
    if (note.kind === 'USED' || note.kind === 'LEFT') end(place, note.kind, nowMs)
    else if (note.kind === 'EXTENDED') model.hold(place, note.untilMs, nowMs)
    else model.seen(place, nowMs)
    if (note.kind === 'REISSUED') place.token = tokens[index] ?? ''
    return true
  })
}

/** `transactions`: after how many the process that makes the draw ends. The first one is the lock. */
function foretellDraw(model: RoomModel, scheduleId: number, transactions: number, at: Moment): unknown {
  if (!at.isOnSale || !model.isMade) return 'NOT_YET'
  if (transactions >= 2 && at.nowMs >= at.opensAtMs) model.closeList()
  if (model.earlyEntries === null) return 'NOT_YET'
  if (model.isDrawn) return 'DRAWN'
  if (transactions >= 3) model.move(drawnOrder(scheduleId, model.earlyEntries))
  if (transactions >= 4) model.isDrawn = true
  return 'DRAWN'
}

/** The draw as docs/fairness.md has it. */
function drawnOrder(scheduleId: number, entries: number): number[] {
  const seed = hash('sha256', SEED_TEXT, 'buffer')
  return Array.from({ length: entries }, (_none, index) => index + 1)
    .map((entry) => ({
      entry,
      key: createHmac('sha256', seed).update(`${scheduleId}:${entries}:${entry}`).digest('hex'),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ entry }) => entry)
}
