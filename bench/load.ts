/** The load generator: a process of its own, so that no stack is charged with its CPU. Its jobs come over the IPC channel. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { loadJob } from './load-job.ts'
import type { CheckedLoadJob, LoadResult } from './load-job.ts'
import { ResponseReader } from './response-reader.ts'

// After the end of a job answers may take this long; what comes later is a failure.
const DRAIN_MS = 10_000

/** A request that has been sent: its place among all requests of the job, and when it was sent. */
interface Sent {
  order: number
  at: number
}

/** One job: a closed loop over a fixed number of connections. */
class LoadRun {
  readonly #job: CheckedLoadJob
  readonly #requests: readonly Buffer[]
  readonly #sockets = new Set<Socket>()
  readonly #result: LoadResult = { answered: 0, elapsedMs: 0, failures: {}, latenciesMs: [], bodies: [] }
  readonly #finish: (result: LoadResult) => void
  #next = 0
  #beganAt = 0
  #endsAt = 0

  constructor(job: CheckedLoadJob, finish: (result: LoadResult) => void) {
    this.#job = job
    this.#requests = job.requests.map((text) => Buffer.from(text))
    this.#finish = finish
  }

  start(): void {
    this.#beganAt = performance.now()
    this.#endsAt = this.#beganAt + this.#job.forMs
    const overdue = setTimeout(() => this.#giveUp(), this.#job.forMs + DRAIN_MS)
    overdue.unref()
    for (let count = 0; count < this.#job.connections; count += 1) this.#open()
  }

  #open(): void {
    const request = this.#nextRequest()
    if (request === undefined) {
      this.#endIfDone()
      return
    }
    const reader = new ResponseReader()
    const socket = connect({ host: '127.0.0.1', port: this.#job.port, noDelay: true })
    this.#sockets.add(socket)
    let sent = this.#send(socket, request)
    socket.on('data', (chunk) => {
      for (const { status, closes, body } of reader.read(chunk)) {
        this.#countAnswer(sent, status, body)
        if (closes) this.#close(socket, () => this.#open())
        else sent = this.#sendNext(socket) ?? sent
      }
    })
    socket.on('error', (error) => this.#fail(socket, 'code' in error ? String(error.code) : error.message))
    socket.on('close', () => this.#fail(socket, 'closed'))
  }

  #send(socket: Socket, request: Buffer): Sent {
    socket.write(request)
    const sent = { order: this.#result.latenciesMs.length, at: performance.now() }
    this.#result.latenciesMs.push(0)
    if (this.#job.keepBodies) this.#result.bodies.push('')
    return sent
  }

  #sendNext(socket: Socket): Sent | undefined {
    const request = this.#nextRequest()
    if (request !== undefined) return this.#send(socket, request)
    this.#close(socket, () => this.#endIfDone())
    return undefined
  }

  /** The next request; undefined when the time is up or the list is at its end. */
  #nextRequest(): Buffer | undefined {
    if (performance.now() >= this.#endsAt) return undefined
    if (this.#next >= this.#requests.length && this.#job.repeat) this.#next = 0
    const request = this.#requests[this.#next]
    this.#next += 1
    return request
  }

  #countAnswer({ order, at }: Sent, status: number, body: Buffer): void {
    const now = performance.now()
    this.#result.elapsedMs = now - this.#beganAt
    this.#result.latenciesMs[order] = now - at
    this.#result.answered += 1
    if (status !== this.#job.expectedStatus) this.#countFailure(String(status))
    if (this.#job.keepBodies) this.#result.bodies[order] = body.toString()
  }

  #countFailure(failure: string): void {
    this.#result.failures[failure] = (this.#result.failures[failure] ?? 0) + 1
  }

  #fail(socket: Socket, reason: string): void {
    if (!this.#sockets.has(socket)) return
    this.#countFailure(reason)
    this.#close(socket, () => this.#endIfDone())
  }

  #close(socket: Socket, afterwards: () => void): void {
    this.#sockets.delete(socket)
    socket.destroy()
    afterwards()
  }

  #giveUp(): void {
    for (const socket of this.#sockets) this.#fail(socket, 'no answer')
  }

  #endIfDone(): void {
    if (this.#sockets.size === 0) this.#finish(this.#result)
  }
}

process.on('message', (message) => {
  const run = new LoadRun(loadJob.parse(message), (result) => process.send?.(result))
  run.start()
})
// The process that gives the jobs has ended.
process.on('disconnect', () => process.exit())
