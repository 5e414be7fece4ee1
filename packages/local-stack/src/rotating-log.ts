import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'

/** How much of a log is kept. */
export interface LogLimits {
  /** A file that would get larger is put aside, beside it, as `.1`; a single line that is longer is written whole. */
  bytesMax: number
  /** How many files one log has at most, the one that is written to among them. */
  filesMax: number
}

/** A line is cut here where a program writes no line break for so long, so that it does not fill our memory. */
const LINE_BYTES_MAX = 1_000_000
const NEWLINE = 10

/**
 * A log file that is written line by line and never gets larger than its limit. What can't be written, as on a full disk, is
 * dropped: a program that waits for its log would serve nobody. How much it was is the next line that can be written.
 */
export class RotatingLog {
  readonly #path: string
  readonly #limits: LogLimits
  #fd: number | null = null
  #size = 0
  #bytesLost = 0

  constructor(path: string, limits: LogLimits) {
    this.#path = path
    this.#limits = limits
  }

  /** Writes whole lines. */
  write(lines: Buffer): void {
    try {
      this.#reportLoss()
      this.#append(lines)
    } catch (error) {
      // A failed write is tried anew with the next lines, on a file opened again: the disk may have room by then.
      if (!isSystemError(error)) throw error
      this.#bytesLost += lines.length
      this.close()
    }
  }

  /** Writes what a stream says; settles when it has ended. Lines of several streams stay whole. */
  follow(stream: Readable): Promise<void> {
    let rest: Buffer = Buffer.alloc(0)
    stream.on('data', (chunk: Buffer) => {
      const end = chunk.lastIndexOf(NEWLINE) + 1
      const isFull = rest.length + chunk.length > LINE_BYTES_MAX
      if (end === 0 && !isFull) {
        rest = Buffer.concat([rest, chunk])
        return
      }
      const whole = end === 0 ? chunk : chunk.subarray(0, end)
      this.write(rest.length === 0 ? whole : Buffer.concat([rest, whole]))
      rest = Buffer.from(chunk.subarray(whole.length))
    })
    return new Promise((resolve) => {
      // 'close' comes after 'end', and also where the stream was destroyed.
      stream.once('close', () => {
        if (rest.length > 0) this.write(Buffer.concat([rest, Buffer.from('\n')]))
        resolve()
      })
      stream.once('error', () => stream.destroy())
    })
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd)
    this.#fd = null
  }

  #reportLoss(): void {
    if (this.#bytesLost === 0) return
    this.#append(Buffer.from(`(${this.#bytesLost} bytes of this log could not be written)\n`))
    this.#bytesLost = 0
  }

  #append(lines: Buffer): void {
    let from = 0
    while (from < lines.length) {
      const fd = this.#open()
      const room = this.#limits.bytesMax - this.#size
      let to = lines.length
      // An index below zero would count from the end of the lines.
      if (to - from > room) to = room > 0 ? lines.lastIndexOf(NEWLINE, from + room - 1) + 1 : from
      if (to <= from && this.#size > 0) {
        this.#rotate()
        continue
      }
      // The first line alone is longer than a file may be.
      if (to <= from) to = lines.indexOf(NEWLINE, from) + 1 || lines.length
      this.#size += to - from
      while (from < to) from += writeSync(fd, lines, from, to - from)
    }
  }

  #open(): number {
    if (this.#fd !== null) return this.#fd
    mkdirSync(dirname(this.#path), { recursive: true })
    this.#fd = openSync(this.#path, 'a', 0o600)
    this.#size = statSync(this.#path).size
    return this.#fd
  }

  #rotate(): void {
    this.close()
    putAside(this.#path, this.#limits)
  }
}

/**
 * Puts a log aside that another program writes to, once it is too large, and leaves an empty one of the same owner in its place.
 * The program writes to the old one until it is told to open its logs again, so no line is lost or cut. Returns whether it was done.
 */
export function putAsideWhenFull(path: string, limits: LogLimits): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.size < limits.bytesMax) return false
  putAside(path, limits)
  closeSync(openSync(path, 'a', 0o600))
  chownSync(path, found.uid, found.gid)
  return true
}

/** Renames `log` to `log.1`, `log.1` to `log.2` and so on; the oldest goes. */
function putAside(path: string, { filesMax }: LogLimits): void {
  const name = (age: number): string => (age === 0 ? path : `${path}.${age}`)
  rmSync(name(filesMax - 1), { force: true })
  for (let age = filesMax - 2; age >= 0; age -= 1) {
    if (existsSync(name(age))) renameSync(name(age), name(age + 1))
  }
}

/** `instanceof Error` fails under Jest: Node's errors are of another realm there. */
function isSystemError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'syscall' in error
}
