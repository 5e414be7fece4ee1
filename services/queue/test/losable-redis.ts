import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePrograms } from '@frontrow/local-stack/install'
import { freePorts } from '@frontrow/local-stack/ports'
import type { RunningProcess } from '@frontrow/local-stack/process'
import { startRedis } from '@frontrow/local-stack/redis'
import { Redis } from 'ioredis'

/** A Redis server of one test file, which the test can stop, kill or hang. */
export class LosableRedis {
  readonly url: string
  readonly port: number
  readonly #program: string
  readonly #folder = mkdtempSync(join(tmpdir(), 'frontrow-losable-redis-'))
  #process: RunningProcess | undefined

  private constructor(program: string, port: number) {
    this.#program = program
    this.port = port
    this.url = `redis://127.0.0.1:${port}`
  }

  static async start(): Promise<LosableRedis> {
    const { 'redis-server': program } = await ensurePrograms(['redis-server'], () => {})
    const [port] = await freePorts(1)
    if (program === undefined || port === undefined) throw new Error('no program or no port for Redis')
    const redis = new LosableRedis(program, port)
    await redis.start()
    return redis
  }

  get #dataFolder(): string {
    return join(this.#folder, 'data')
  }

  get #notedFolder(): string {
    return join(this.#folder, 'noted-data')
  }

  get runs(): boolean {
    return this.#process !== undefined
  }

  async start(): Promise<void> {
    this.#process = await startRedis({
      program: this.#program,
      port: this.port,
      dataFolder: this.#dataFolder,
      logFile: join(this.#folder, 'redis.log'),
      pidFile: join(this.#folder, 'redis.pid'),
      durable: true,
    })
  }

  async stop(): Promise<void> {
    const running = this.#process
    this.#process = undefined
    await running?.stop()
  }

  /** Kills the process, without a clean stop. */
  async kill(): Promise<void> {
    const running = this.#process
    this.#process = undefined
    running?.kill()
    await running?.exited
  }

  /** Stops the process with SIGSTOP: connections and commands are still taken, and nothing is answered. */
  hang(): void {
    process.kill(this.#pid(), 'SIGSTOP')
  }

  /** Lets the process go on after `hang`; it then runs all commands that it was sent meanwhile. */
  resume(): void {
    process.kill(this.#pid(), 'SIGCONT')
  }

  /** Notes what the server has now, for `startWithNotedData`. */
  noteData(): void {
    cpSync(this.#dataFolder, this.#notedFolder, { recursive: true, force: true })
  }

  /** Starts a server that has lost what came after `noteData`, as one whose disk was slower than its answers. */
  async startWithNotedData(): Promise<void> {
    rmSync(this.#dataFolder, { recursive: true, force: true })
    cpSync(this.#notedFolder, this.#dataFolder, { recursive: true })
    await this.start()
  }

  /** Starts a server that has lost everything. */
  async startEmpty(): Promise<void> {
    rmSync(this.#dataFolder, { recursive: true, force: true })
    await this.start()
  }

  async admin<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(this.url)
    try {
      return await work(redis)
    } finally {
      redis.disconnect()
    }
  }

  async dispose(): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #pid(): number {
    if (this.#process === undefined) throw new Error('Redis does not run')
    return this.#process.pid
  }
}

/** A proxy to Redis. Cutting it takes Redis away from its users alone; others go on with the server. */
export class CuttableProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isCut = false

  private constructor(server: Server) {
    this.#server = server
  }

  static async to(port: number): Promise<CuttableProxy> {
    const server = createServer()
    const proxy = new CuttableProxy(server)
    server.on('connection', (socket) => proxy.#carry(socket, port))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed')
    return `redis://127.0.0.1:${address.port}`
  }

  cut(): void {
    this.#isCut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isCut = false
  }

  close(): void {
    this.cut()
    this.#server.close()
  }

  #carry(client: Socket, port: number): void {
    if (this.#isCut) {
      client.destroy()
      return
    }
    const server = connect({ host: '127.0.0.1', port })
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  }
}
