import { z } from 'zod'
import type { SignIn } from './access.ts'
import { answerCheck, challengeAnswer, challengePath } from './answer-check.ts'
import { joinAnswer } from './answers.ts'
import { NoAnswer } from './api-client.ts'
import { PausesEnded } from './pauses.ts'
import type { Rush } from './rush.ts'

/** What bots try. `same claim` does the work of each join, and comes with many accounts of one telephone. */
const botKinds = ['same claim', 'no answer', 'replayed answer'] as const

/** One of them. */
export type BotKind = (typeof botKinds)[number]

/** What came of the bots of one kind. */
export interface BotCount {
  tried: number
  placed: number
  readonly refusals: Map<string, number>
}

/** The bots of one run, each with an account of its own. */
export class Bots {
  readonly counts = new Map<BotKind, BotCount>()
  readonly #rush: Rush
  readonly #signIn: SignIn
  readonly #runId: string
  #replayed: Promise<string | undefined> | undefined

  constructor(rush: Rush, signIn: SignIn, runId: string) {
    this.#rush = rush
    this.#signIn = signIn
    this.#runId = runId
  }

  /** Joins once as a bot; where it gets a place it is counted, and gives the place back so that fans find the line as it would be. */
  async visit(number: number): Promise<void> {
    const kind = botKinds[number % botKinds.length] ?? 'no answer'
    const count = this.counts.get(kind) ?? { tried: 0, placed: 0, refusals: new Map<string, number>() }
    this.counts.set(kind, count)
    count.tried += 1
    try {
      await this.#join(kind, `${this.#runId}-bot-${number}`, count)
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof PausesEnded)) throw error
    }
  }

  async #join(kind: BotKind, userId: string, count: BotCount): Promise<void> {
    const phone = kind === 'same claim' ? `bots of ${this.#runId}` : `bot ${userId}`
    const bearer = await this.#signIn(userId, [], phone)
    const checkAnswer = await this.#answerOf(kind, bearer)
    const { api, sale } = this.#rush
    const joined = await api.call({
      step: 'bot',
      method: 'POST',
      path: '/queue/tokens',
      body: { scheduleId: sale.scheduleId, ...(checkAnswer === undefined ? {} : { checkAnswer }) },
      schema: joinAnswer,
      bearer,
    })
    if (joined.kind === 'refused') {
      const { code } = joined.refusal
      count.refusals.set(code, (count.refusals.get(code) ?? 0) + 1)
      return
    }
    count.placed += 1
    const { token: queueToken } = joined.data
    await api.call({
      step: 'leave',
      method: 'DELETE',
      path: '/queue/tokens/me',
      schema: z.undefined(),
      queueToken,
    })
  }

  #answerOf(kind: BotKind, bearer: string): Promise<string | undefined> | undefined {
    if (kind === 'no answer') return undefined
    if (kind === 'same claim') return this.#solve(bearer)
    // The first of them works, and all others send what it found.
    this.#replayed ??= this.#solve(bearer)
    return this.#replayed
  }

  async #solve(bearer: string): Promise<string | undefined> {
    const path = challengePath(this.#rush.sale.scheduleId)
    const call = { step: 'bot', method: 'GET', path, schema: challengeAnswer, bearer } as const
    const asked = await this.#rush.api.call(call)
    return asked.kind === 'refused' ? undefined : answerCheck(asked.data, this.#rush.shopping)
  }
}
