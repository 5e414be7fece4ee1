import { generalRefusal } from '@frontrow/refusals/general-refusals'
import { LRUCache } from 'lru-cache'
import type { HostSettings } from './config.ts'
import type { RouteAuth, RouteSpec, WorkKind } from './route.ts'

/** The settings that say how much one person may ask for. */
export type PersonLimitSettings = Pick<
  HostSettings,
  | 'PERSON_POLLS_PER_MINUTE'
  | 'PERSON_JOINS_PER_MINUTE'
  | 'PERSON_HOLDS_PER_MINUTE'
  | 'PERSON_PAYMENTS_PER_MINUTE'
  | 'PERSON_ADMIN_PER_MINUTE'
>

/** Who sent a request, as far as limits go. */
interface Person {
  userId?: string | undefined
  queueToken?: string
  actsForAnybody?: boolean
}

/** What a person may still ask of this instance. */
export interface Allowance {
  work: WorkKind
  /** Requests, at once. */
  left: number
  /** Until all that the limit allows can be asked at once again. */
  fullInSeconds: number
}

/** Counts one request of a person; refuses with RATE_LIMITED where it is too much. Nothing is counted for nobody. */
export type LimitPerson = (
  route: Pick<RouteSpec, 'auth' | 'work'>,
  person: Person | undefined,
) => Allowance | undefined

const MINUTE_MS = 60_000
/** Some 20 MB. Whoever asked longest ago is forgotten first, which is as if they had not asked. */
const PEOPLE_MAX = 100_000

/**
 * Limits what each person asks of this instance, by kind of work: so many at once, and as many again in a minute. The person is the
 * subject of the token that was verified, so that a new token is no new person, or else the queue token in its one spelling. Whoever may act for others has
 * the limit of admins, on every route where they may. Counted by each instance in memory, since a shared count would be one more round trip a request.
 */
export function limitPersons(settings: PersonLimitSettings, now: () => number = Date.now): LimitPerson {
  const perMinute: Record<WorkKind, number> = {
    poll: settings.PERSON_POLLS_PER_MINUTE,
    join: settings.PERSON_JOINS_PER_MINUTE,
    hold: settings.PERSON_HOLDS_PER_MINUTE,
    payment: settings.PERSON_PAYMENTS_PER_MINUTE,
    admin: settings.PERSON_ADMIN_PER_MINUTE,
  }
  // When all that was asked for would have come at an even rate: one number a person is the whole count (GCRA).
  const paidUntil = new LRUCache<string, number>({ max: PEOPLE_MAX })
  return ({ auth, work }, person) => {
    if (person === undefined) return undefined
    const kind = kindOf(auth, work, person)
    const key = `${kind}:${person.userId ?? person.queueToken}`
    const nowMs = now()
    const costMs = MINUTE_MS / perMinute[kind]
    const after = Math.max(nowMs, paidUntil.get(key) ?? 0) + costMs
    const aheadMs = after - nowMs - MINUTE_MS
    if (aheadMs > 0) {
      throw generalRefusal(
        'RATE_LIMITED',
        `at most ${perMinute[kind]} of these requests in a minute; slow down`,
        {
          retryAfterSeconds: Math.ceil(aheadMs / 1_000),
        },
      )
    }
    paidUntil.set(key, after)
    // An even rate makes fractions of a millisecond.
    const left = Math.floor(-aheadMs / costMs + 1e-6)
    return { work: kind, left, fullInSeconds: Math.ceil((after - nowMs) / 1_000) }
  }
}

function kindOf(auth: RouteAuth, work: WorkKind | undefined, { actsForAnybody }: Person): WorkKind {
  if (auth === 'admin' || actsForAnybody === true) return 'admin'
  return work ?? 'poll'
}
