import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { ResponseReader } from './response-reader.ts'
import type { Answer } from './response-reader.ts'

/** One request that was answered. */
export interface Answered {
  /** After the load began. */
  sentAtMs: number
  tookMs: number
  status: number
  retryAfterSeconds: number | undefined
}

/** What became of the requests of one load. */
export interface Outcomes {
  sent: number
  answers: Answered[]
  /** On a connection that broke, and those that had none within 10 s after the last was sent. */
  unanswered: number
}

/** A connection, and when its request was sent. */
interface Line {
  socket: Socket
  sentAtMs: number | null
}

const TICK_MS = 5
const ANSWER_WITHIN_MS = 10_000
/** Past this many the load can't go on at its pace: nobody answers any more. */
const CONNECTIONS_MAX = 12_000

/** Sends requests over connections of its own: one at a time on each, the next one of a list each time. */
export class PacedLoad {
  readonly #port: number
  readonly #next: () => Buffer | undefined
  readonly #lines = new Set<Line>()
  readonly #idle: Line[] = []
  readonly #outcomes: Outcomes = { sent: 0, answers: [], unanswered: 0 }
  #beganMs = 0
  #isEnded = false
  #sendsOnAnswer = false

  constructor(port: number, next: () => Buffer | undefined) {
    this.#port = port
    this.#next = next
  }

  /** Sends the next request on each connection as soon as the last one was answered. */
  async asFastAsAnswered(connections: number, forMs: number): Promise<Outcomes> {
    this.#beganMs = performance.now()
    this.#sendsOnAnswer = true
    for (let count = 0; count < connections; count += 1) this.#send()
    await delay(forMs)
    return this.#end()
  }

  /** Sends so many a second, however many are without an answer: the next one takes a connection that is free, or a new one. */
  async atRate(perSecond: number, forMs: number): Promise<Outcomes> {
    this.#beganMs = performance.now()
    for (let elapsedMs = 0; elapsedMs < forMs; elapsedMs = performance.now() - this.#beganMs) {
      const due = Math.floor((elapsedMs * perSecond) / 1_000)
      while (this.#outcomes.sent < due) this.#send()
      await delay(TICK_MS)
    }
    return this.#end()
  }

  async #end(): Promise<Outcomes> {
    this.#sendsOnAnswer = false
    const deadline = performance.now() + ANSWER_WITHIN_MS
    while (performance.now() < deadline && this.#inWork() > 0) await delay(TICK_MS)
    this.#isEnded = true
    this.#outcomes.unanswered += this.#inWork()
    for (const { socket } of this.#lines) socket.destroy()
    return this.#outcomes
  }

  #inWork(): number {
    let count = 0
    for (const line of this.#lines) if (line.sentAtMs !== null) count += 1
    return count
  }

  #send(): void {
    const request = this.#next()
    this.#outcomes.sent += 1
    const line = this.#idle.pop() ?? this.#open()
    if (request === undefined || line === null) {
      this.#outcomes.unanswered += 1
      return
    }
    line.sentAtMs = performance.now()
    line.socket.write(request)
  }

  #open(): Line | null {
    if (this.#lines.size >= CONNECTIONS_MAX) return null
    const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true })
    const line: Line = { socket, sentAtMs: null }
    this.#lines.add(line)
    const reader = new ResponseReader()
    socket.on('data', (chunk) => {
      for (const answer of reader.read(chunk)) this.#answered(line, answer)
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#lost(line))
    return line
  }

  #answered(line: Line, { status, closes, retryAfterSeconds }: Answer): void {
    const nowMs = performance.now()
    const sentMs = line.sentAtMs ?? nowMs
    line.sentAtMs = null
    const sentAtMs = sentMs - this.#beganMs
    this.#outcomes.answers.push({ sentAtMs, tookMs: nowMs - sentMs, status, retryAfterSeconds })
    if (closes) line.socket.destroy()
    else this.#idle.push(line)
    if (this.#sendsOnAnswer) this.#send()
  }

  #lost(line: Line): void {
    this.#lines.delete(line)
    const at = this.#idle.indexOf(line)
    if (at >= 0) this.#idle.splice(at, 1)
    if (line.sentAtMs !== null && !this.#isEnded) this.#outcomes.unanswered += 1
  }
}
