import type { PlaceNote } from '../src/places/note-place.ts'
import { hashToken, newTokenValue } from '../src/places/token-value.ts'
import { isInTime } from './room-model.ts'
import type { RoomModel } from './room-model.ts'
import type { Command } from './simulated-commands.ts'
import type { Change, Note, Target } from './simulation-course.ts'

type HoldCommand = Extract<Command, { kind: 'hold' }>

/** The users of one course with all the tokens they were given, and the holds they have made. */
export class SimulatedUsers {
  readonly #tokens = new Map<string, string[]>()
  readonly #holds: HoldCommand[] = []

  /** Every token value that was ever given out. */
  get allTokens(): string[] {
    return [...this.#tokens.values()].flat()
  }

  /** The newest token of a user, or the one before it. */
  tokenOf({ user, old }: Target, model: RoomModel): string | undefined {
    return this.#tokens.get(this.#holderOf(user, model))?.at(old ? -2 : -1)
  }

  /** Those who have a place come first. */
  #holderOf(user: number, model: RoomModel): string {
    const [live, others] = [new Set<string>(), new Set<string>()]
    for (const name of this.#tokens.keys()) (model.liveOf(name) === undefined ? others : live).add(name)
    const holders = [...live, ...others]
    return holders[user % Math.max(1, holders.length)] ?? nameOf(user)
  }

  /** Notes the tokens that the places of a room have now. */
  keepTokens({ places }: RoomModel): void {
    for (const { user, token } of places) {
      const known = this.#tokens.get(user) ?? []
      if (token !== '' && !known.includes(token)) this.#tokens.set(user, [...known, token])
    }
  }

  /** What the service is asked for by a change; undefined where there is nobody whom it could be about. */
  commandOf(change: Change, model: RoomModel, nowMs: number): Command | undefined {
    switch (change.kind) {
      case 'join': {
        const users = joining(change.users.map(nameOf), model, nowMs)
        return users.length === 0 ? undefined : { kind: 'join', users }
      }
      case 'notes': {
        const notes = change.notes.flatMap((note) => this.#noteOf(note, model, nowMs) ?? [])
        return {
          kind: 'notes',
          notes: notes.map(({ note }) => note),
          tokens: notes.map(({ token }) => token),
        }
      }
      case 'hold':
      case 'used':
        return this.#holdOf(change, model, nowMs)
      case 'echo':
        return this.#holds[change.index % Math.max(1, this.#holds.length)]
      case 'leave': {
        const token = this.tokenOf(change, model)
        return token === undefined ? undefined : { kind: 'leave', token }
      }
      case 'reissue':
        return { kind: 'reissue', user: this.#holderOf(change.user, model) }
      case 'round':
        return { kind: 'round' }
      case 'steer': {
        const { kind, ...limits } = change
        return { kind, limits }
      }
      case 'draw':
        return { kind: 'draw', transactions: Infinity }
    }
  }

  #holdOf(
    change: Extract<Change, { kind: 'hold' | 'used' }>,
    model: RoomModel,
    nowMs: number,
  ): HoldCommand | undefined {
    const note = this.#noteOf(change, model, nowMs)?.note
    if (note?.kind !== 'EXTENDED' && note?.kind !== 'USED') return undefined
    const hold: HoldCommand = { kind: 'hold', note }
    this.#holds.push(hold)
    return hold
  }

  #noteOf(note: Note, model: RoomModel, nowMs: number): { note: PlaceNote; token: string } | undefined {
    if (note.kind === 'reissue') {
      const token = newTokenValue(nowMs)
      return {
        token,
        note: {
          kind: 'REISSUED',
          userId: this.#holderOf(note.user, model),
          tokenHash: hashToken(token).full,
        },
      }
    }
    if (note.kind === 'leave') {
      const token = this.tokenOf(note, model)
      return token === undefined
        ? undefined
        : { token, note: { kind: 'LEFT', tokenHash: hashToken(token).full } }
    }
    const places = model.places.filter(({ user }) => user === this.#holderOf(note.user, model))
    const sequence = places.at(note.old ? -2 : -1)?.sequence
    if (sequence === undefined) return undefined
    if (note.kind === 'hold') {
      return { token: '', note: { kind: 'EXTENDED', sequence, untilMs: nowMs + note.forMs } }
    }
    if (note.kind === 'used') return { token: '', note: { kind: 'USED', sequence } }
    return { token: '', note: { kind: 'SEEN', sequence, atMs: nowMs } }
  }
}

function nameOf(user: number): string {
  return `user-${user}`
}

/**
 * Those of a crowd whose joins share one transaction. Somebody whose place is over joins in several, and so may a second join of one
 * user: they join alone, and at most one user twice.
 */
function joining(users: readonly string[], model: RoomModel, nowMs: number): string[] {
  if (users.length === 1) return [...users]
  const second = users.findIndex((user, index) => users.indexOf(user) < index)
  return users.filter((user, index) => {
    const place = model.liveOf(user)
    const isInOne = place === undefined || isInTime(place, nowMs)
    return isInOne && (users.indexOf(user) === index || index === second)
  })
}
