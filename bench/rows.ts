import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@frontrow/postgres/pool'
import type { SigningKey } from '@frontrow/test-kit/identity-provider'
import type { Stack } from './bare-stack.ts'
import { signBearerTokens } from './bearer-tokens.ts'
import type { People } from './bearer-tokens.ts'
import { settleRedis } from './crowd.ts'
import type { LoadProcess } from './load-process.ts'
import { joinPeople, openPausedRoom } from './queue-stack.ts'
import type { QueueStack } from './queue-stack.ts'
import { compareStacks } from './compare-stacks.ts'
import type { Pace, ComparedCosts, Side } from './compare-stacks.ts'
import { crowdToken, joinRequest, nowServingRequest, placeRequest } from './requests.ts'

/** People in a small room. */
const FEW_PEOPLE = 1_000
/** The number of the room that has the crowd in it. Other rooms count from here. */
export const CROWDED_ROOM = 1

const JOIN_CONNECTIONS = 128
const POLL_CONNECTIONS = 64
// More requests than are answered on this machine, so that no round runs out of them.
const JOINS_PER_SECOND_MAX = 7_000
const POLLS_PER_SECOND_MAX = 15_000
// A server process of PostgreSQL reports its commits to the statistics once a second; we wait longer than that.
const STATISTICS_MS = 2_500

// This is a prime, so that every place comes once before any comes again.
const SCATTER_STEP = 611_953

/** Signs in as many people as the rows need at this pace. `late` stays empty where no row measures joins. */
export async function signInPeople(key: SigningKey, pace: Pace, joins: boolean): Promise<People> {
  const joiners =
    requestCount(pace, 0, JOINS_PER_SECOND_MAX) + pace.rounds * requestCount(pace, 1, JOINS_PER_SECOND_MAX)
  const [admin = ''] = await signBearerTokens(key, 'bench', 1, { roles: ['admin'] })
  return {
    admin,
    early: await signBearerTokens(key, 'early', FEW_PEOPLE),
    late: joins ? await signBearerTokens(key, 'late', joiners) : [],
  }
}

/** Measures the rows of the table that compare two stacks. Each round of joins has a new room of a thousand people. */
export class Rows {
  readonly #load: LoadProcess
  readonly #pace: Pace
  readonly #crowd: number
  readonly #people: People
  #lastRoom = CROWDED_ROOM
  #early = 0

  constructor(load: LoadProcess, pace: Pace, crowd: number, people: People) {
    this.#load = load
    this.#pace = pace
    this.#crowd = crowd
    this.#people = people
  }

  /** Compares joins, and counts how many transactions of PostgreSQL one join takes. */
  async join(ours: QueueStack, bare: Stack): Promise<ComparedCosts & { transactions: number }> {
    const earlyBefore = this.#early
    const commitsBefore = await readCommits(ours)
    const result = await this.#compare(this.#joinFew(ours), {
      stack: bare,
      // The bare stack does not look at the token, so the same ones can be sent again.
      load: async () => ({
        connections: JOIN_CONNECTIONS,
        requests: this.#people.early.map((token) => joinRequest(1, token)),
        repeat: true,
      }),
    })
    const joins = result.answered + this.#early - earlyBefore
    return { ...result, transactions: ((await readCommits(ours)) - commitsBefore) / joins }
  }

  /** Compares polls of own places by a thousand people; the bare stack knows the same tokens. */
  async place(ours: QueueStack, bare: Stack, tokens: readonly string[]): Promise<ComparedCosts> {
    return this.#compare(this.#polls(ours, tokens), this.#polls(bare, tokens))
  }

  /** Compares polls of now-serving, the one answer for everybody. */
  async nowServing(ours: QueueStack, bare: Stack, scheduleId: number): Promise<ComparedCosts> {
    const load = async () => ({
      connections: POLL_CONNECTIONS,
      requests: [nowServingRequest(scheduleId)],
      repeat: true,
    })
    return this.#compare({ stack: ours, load }, { stack: bare, load })
  }

  /** Compares joins behind a crowd with joins behind a thousand people. */
  async millionJoin(crowded: QueueStack, few: QueueStack): Promise<ComparedCosts> {
    const load = async (round: number) => this.#joins(CROWDED_ROOM, round)
    return this.#compare({ stack: crowded, load }, this.#joinFew(few))
  }

  /** Compares polls by a thousand people who are scattered over a crowd with polls by a thousand people alone. */
  async millionPlace(
    crowded: QueueStack,
    few: QueueStack,
    tokens: readonly string[],
  ): Promise<ComparedCosts> {
    const spread = this.#scattered(0, FEW_PEOPLE).map(crowdToken)
    return this.#compare(this.#polls(crowded, spread), this.#polls(few, tokens))
  }

  /** Compares polls by a crowd, of whom each asks once, with polls by a thousand people again and again. */
  async millionCrowd(
    crowded: QueueStack,
    few: QueueStack,
    tokens: readonly string[],
  ): Promise<ComparedCosts> {
    const pollsARound = Math.min(
      requestCount(this.#pace, 1, POLLS_PER_SECOND_MAX),
      Math.floor(this.#crowd / (this.#pace.rounds + 2)),
    )
    const people = this.#scattered(FEW_PEOPLE, pollsARound * (this.#pace.rounds + 1))
    await settleRedis(crowded)
    const load = async (round: number) => {
      const placesOfRound = people.slice(round * pollsARound, (round + 1) * pollsARound)
      const requests = placesOfRound.map((place) => placeRequest(crowdToken(place)))
      return { connections: POLL_CONNECTIONS, requests, repeat: false }
    }
    return this.#compare({ stack: crowded, load }, this.#polls(few, tokens))
  }

  /** Polls a stack that has just started, so that V8 has compiled what polls need before anything is measured. */
  async warmUp(stack: Stack, tokens: readonly string[]): Promise<void> {
    const forMs = this.#pace.warmUpMs * 2
    const requests = tokens.map(placeRequest)
    const load = {
      port: stack.port,
      connections: POLL_CONNECTIONS,
      requests,
      repeat: true,
      keepBodies: false,
    }
    await this.#load.runClean({ ...load, forMs })
  }

  /** Opens a room and lets a thousand people join it. */
  async openRoom(stack: QueueStack): Promise<{ scheduleId: number; tokens: string[] }> {
    this.#lastRoom += 1
    const scheduleId = this.#lastRoom
    await openPausedRoom(stack, scheduleId, this.#people.admin)
    this.#early += FEW_PEOPLE
    return { scheduleId, tokens: await joinPeople(this.#load, stack, scheduleId, this.#people.early) }
  }

  #compare(ours: Side, other: Side): Promise<ComparedCosts> {
    return compareStacks(this.#load, this.#pace, ours, other)
  }

  #joinFew(stack: QueueStack): Side {
    return {
      stack,
      load: async (round) => this.#joins((await this.openRoom(stack)).scheduleId, round),
    }
  }

  #joins(scheduleId: number, round: number) {
    const countOf = (one: number): number => requestCount(this.#pace, one, JOINS_PER_SECOND_MAX)
    const from = round === 0 ? 0 : countOf(0) + (round - 1) * countOf(1)
    const requests = this.#people.late
      .slice(from, from + countOf(round))
      .map((token) => joinRequest(scheduleId, token))
    return { connections: JOIN_CONNECTIONS, requests, repeat: false }
  }

  #polls(stack: Stack, tokens: readonly string[]): Side {
    const requests = tokens.map(placeRequest)
    return { stack, load: async () => ({ connections: POLL_CONNECTIONS, requests, repeat: true }) }
  }

  /** Part of a fixed sequence of places that are scattered over the crowd, without the first place; each comes once. */
  #scattered(from: number, count: number): number[] {
    return Array.from(
      { length: count },
      (_none, index) => 2 + (((from + index) * SCATTER_STEP) % (this.#crowd - 1)),
    )
  }
}

function requestCount({ warmUpMs, roundMs }: Pace, round: number, perSecond: number): number {
  return Math.ceil(((round === 0 ? warmUpMs : roundMs) / 1_000) * perSecond)
}

/** Transactions that the database has committed. The question goes to another database, so that it is not counted itself. */
async function readCommits(stack: QueueStack): Promise<number> {
  await delay(STATISTICS_MS)
  const url = new URL(stack.adminDatabaseUrl)
  const database = url.pathname.slice(1)
  url.pathname = '/postgres'
  const client = createClient(url.href, 'bench')
  await client.connect()
  try {
    const { rows } = await client.query<{ commits: number }>(
      'SELECT xact_commit AS commits FROM pg_stat_database WHERE datname = $1',
      [database],
    )
    const commits = rows[0]?.commits
    if (commits === undefined) throw new Error(`no statistics of the database ${database}`)
    return commits
  } finally {
    await client.end()
  }
}
