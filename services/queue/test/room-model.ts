import type { PlaceLives } from '../src/admission/admit-next.ts'
import type { RoomLimits } from '../src/admission/change-room.ts'
import type { TokenStatus } from '../src/places/queue-tokens.ts'
import type { Place } from '../src/room.ts'

/** A place as the model has it. Times are milliseconds since the epoch. */
export interface ModelPlace {
  sequence: number
  user: string
  /** The token value; empty until the answer of the join is known. */
  token: string
  status: TokenStatus
  joinedAtMs: number
  seenAtMs: number
  admittedAtMs: number | null
  activeUntilMs: number | null
  showUpByMs: number | null
  endedAtMs: number | null
}

/** What holds at the moment of a step. */
export interface Moment {
  scheduleId: number
  isOnSale: boolean
  nowMs: number
  opensAtMs: number
  endsAtMs: number
  isOver: boolean
  /** False for some seconds after PostgreSQL could not be told who has shown up. */
  endsNoShows: boolean
}

/** An entry of the log. */
export type ModelEntry =
  | ({ kind: 'ADMITTED'; enteredAtMs: number; active: number } & Logged & Omit<RoomLimits, 'paused'>)
  | ({ kind: 'NO_SHOW' | 'TIME_UP'; endedAtMs: number; allowedMs: number } & Logged)

interface Logged {
  sequence: number
  admittedAtMs: number
}

/** Where a place stands; whether it is due to be noted as seen is told of who was let in. */
export type Standing =
  Omit<Extract<Place, { status: 'WAITING' }>, 'noteSeen'> | Extract<Place, { status: 'ACTIVE' }>

/** How long places of a room last, and how many may wait. */
export type ModelRules = PlaceLives & { waitingMax: number }

/** What a room should do, made of one list and without a store: the specification that simulation.int.test.ts compares with. */
export class RoomModel {
  places: ModelPlace[] = []
  log: ModelEntry[] = []
  /** A room is made by its first join or by its first change of limits. */
  isMade = false
  lastSequence = 0
  lastAdmitted = 0
  earlyEntries: number | null = null
  isDrawn = false
  limits: RoomLimits
  readonly rules: ModelRules

  constructor(limits: RoomLimits, rules: ModelRules) {
    this.limits = limits
    this.rules = rules
  }

  clone(): RoomModel {
    const places = this.places.map((place) => ({ ...place }))
    return Object.assign(new RoomModel(this.limits, this.rules), this, { places, log: [...this.log] })
  }

  get line(): ModelPlace[] {
    return this.places.filter(({ status }) => status === 'WAITING').sort((a, b) => a.sequence - b.sequence)
  }

  liveOf(user: string): ModelPlace | undefined {
    return this.places.find((place) => place.user === user && isLive(place))
  }

  /** A draw is moving places, or has ended before it was done. */
  get isMoving(): boolean {
    const early = this.earlyEntries ?? Infinity
    return !this.isDrawn && this.places.some(({ sequence }) => sequence > early && sequence <= 2 * early)
  }

  /** The places given, one for each user who joined; the joins share a transaction. */
  join(users: readonly string[], at: Moment): (ModelPlace | 'EXISTS' | 'FULL')[] {
    this.isMade = true
    const before = this.line.length
    if (before >= this.rules.waitingMax) return users.map(() => 'FULL')
    if (at.nowMs >= at.opensAtMs) this.closeList()
    const isStraightIn = before === 0 && this.isDrawn && !this.limits.paused
    // Nobody waits, so this only ends places whose time is over. Who had one of them gets a new one at once.
    if (isStraightIn) this.admit({ ...at, isOver: false })
    const joined = users.map((user, index) => this.#place(user, this.lastSequence + index + 1, at.nowMs))
    this.lastSequence += users.length
    if (isStraightIn) this.admit({ ...at, isOver: false })
    const surplus = this.line.slice(this.rules.waitingMax)
    this.places = this.places.filter((place) => !surplus.includes(place))
    return joined.map((place) => (place === undefined ? 'EXISTS' : surplus.includes(place) ? 'FULL' : place))
  }

  #place(user: string, sequence: number, nowMs: number): ModelPlace | undefined {
    if (this.liveOf(user) !== undefined) return undefined
    const times = { admittedAtMs: null, activeUntilMs: null, showUpByMs: null, endedAtMs: null }
    const place: ModelPlace = {
      ...times,
      sequence,
      user,
      token: '',
      status: 'WAITING',
      joinedAtMs: nowMs,
      seenAtMs: nowMs,
    }
    this.places.push(place)
    return place
  }

  /** Ends the places whose time is over, and lets the next ones in. */
  admit(at: Moment): void {
    const { nowMs } = at
    for (const place of [...this.places].sort((a, b) => a.sequence - b.sequence)) {
      const endMs = at.endsNoShows ? endOf(place) : (place.activeUntilMs ?? 0)
      if (place.status === 'ACTIVE' && endMs <= nowMs) this.#expire(place, at)
    }
    for (const place of this.line) {
      if (at.isOver || (at.endsNoShows && place.seenAtMs < nowMs - this.rules.waitingMs))
        end(place, 'EXPIRED', nowMs)
    }
    const { maxActive, admitPerSecond, paused } = this.limits
    const isOpen = nowMs >= at.opensAtMs && nowMs < at.endsAtMs && !at.isOver
    let active = this.places.filter(({ status }) => status === 'ACTIVE').length
    const lastSecond = this.places.filter((place) => (place.admittedAtMs ?? -Infinity) > nowMs - 1_000).length
    const free =
      maxActive === null ? Infinity : Math.max(0, Math.min(maxActive - active, admitPerSecond - lastSecond))
    for (const place of this.line.slice(0, paused || !this.isDrawn || !isOpen ? 0 : free)) {
      const { sequence, joinedAtMs: enteredAtMs } = place
      const activeUntilMs = nowMs + Math.min(this.rules.activeMs, this.rules.activeMaxMs)
      const showUpByMs = nowMs + this.rules.showUpMs
      Object.assign(place, { status: 'ACTIVE', admittedAtMs: nowMs, activeUntilMs, showUpByMs })
      this.lastAdmitted = sequence
      active += 1
      this.log.push({
        kind: 'ADMITTED',
        sequence,
        enteredAtMs,
        admittedAtMs: nowMs,
        active,
        maxActive,
        admitPerSecond,
      })
    }
  }

  #expire(place: ModelPlace, { nowMs: endedAtMs, endsNoShows }: Moment): void {
    end(place, 'EXPIRED', endedAtMs)
    const { sequence, admittedAtMs, activeUntilMs, showUpByMs } = place
    if (admittedAtMs === null || activeUntilMs === null) throw new Error('somebody who was not let in was in')
    const ended = { sequence, admittedAtMs, endedAtMs }
    if (showUpByMs !== null && showUpByMs < activeUntilMs) {
      // Perhaps this person was seen while PostgreSQL was away, so the log does not say otherwise.
      if (endsNoShows) this.log.push({ kind: 'NO_SHOW', ...ended, allowedMs: showUpByMs - admittedAtMs })
    } else if (showUpByMs === null && activeUntilMs >= admittedAtMs + this.rules.activeMaxMs) {
      this.log.push({ kind: 'TIME_UP', ...ended, allowedMs: activeUntilMs - admittedAtMs })
    }
  }

  /** Where the live place of a token stands. */
  stand(token: string, nowMs: number): Standing | undefined {
    const place = this.places.find((one) => one.token === token && isInTime(one, nowMs))
    if (place === undefined) return undefined
    const { sequence, activeUntilMs, showUpByMs } = place
    const roomOff = this.limits.maxActive === null
    if (place.status === 'ACTIVE' && activeUntilMs !== null) {
      return { status: 'ACTIVE', nowMs, sequence, activeUntilMs, roomOff, noteSeen: showUpByMs !== null }
    }
    return {
      status: 'WAITING',
      nowMs,
      sequence,
      before: this.line.indexOf(place),
      waiting: this.line.length,
      roomOff,
    }
  }

  seen(place: ModelPlace, nowMs: number): void {
    if (place.status === 'WAITING') place.seenAtMs = nowMs
    else place.showUpByMs = null
  }

  hold(place: ModelPlace, untilMs: number, nowMs: number): void {
    if (place.status !== 'ACTIVE') return
    this.seen(place, nowMs)
    const latestMs = (place.admittedAtMs ?? 0) + this.rules.activeMaxMs
    place.activeUntilMs = Math.max(place.activeUntilMs ?? 0, Math.min(untilMs, latestMs))
  }

  closeList(): void {
    if (this.earlyEntries !== null) return
    this.earlyEntries = this.lastSequence
    this.isDrawn = this.lastSequence === 0
    this.lastSequence *= 2
  }

  /** Gives the live ones of those who came early their places; `order` has the entry numbers from first to last. */
  move(order: readonly number[]): void {
    for (const place of this.places.filter(isLive)) {
      const rank = order.indexOf(place.sequence)
      if (rank >= 0) place.sequence = order.length + rank + 1
    }
  }
}

/** Ends a place. */
export function end(place: ModelPlace, how: 'USED' | 'LEFT' | 'EXPIRED', nowMs: number): void {
  place.status = how
  place.endedAtMs = nowMs
}

/** Whether nobody has ended a place yet; its time may be over. */
export function isLive({ status }: ModelPlace): boolean {
  return status === 'WAITING' || status === 'ACTIVE'
}

/** Whether a place is good at this time. */
export function isInTime(place: ModelPlace, nowMs: number): boolean {
  return isLive(place) && (place.status === 'WAITING' || endOf(place) > nowMs)
}

/** When a place ends that was let in. */
function endOf(place: ModelPlace): number {
  return Math.min(place.activeUntilMs ?? 0, place.showUpByMs ?? Infinity)
}
