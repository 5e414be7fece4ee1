import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** What /proc says of one process. */
export interface ProcessTimes {
  pid: number
  parent: number
  /** User and system time of it and of its children that have ended, in clock ticks. */
  ticks: number
}

// Linux reports in ticks of USER_HZ, 100 a second, whatever the kernel's own clock is.
const TICK_MS = 10

/** Reads a line of /proc/<pid>/stat. */
export function parseStat(line: string): ProcessTimes {
  // The second field is the program's name in brackets and may hold blanks and brackets itself.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const numbers = [line.slice(0, line.indexOf(' ')), fields[1], ...fields.slice(11, 15)].map(Number)
  const [pid = Number.NaN, parent = Number.NaN, ...times] = numbers
  const ticks = times.reduce((sum, one) => sum + one, 0)
  if (times.length !== 4 || ![pid, parent, ticks].every(Number.isSafeInteger)) {
    throw new Error(`not a line of /proc/<pid>/stat: ${line}`)
  }
  return { pid, parent, ticks }
}

/**
 * Sums the ticks of a process and its descendants. The time of a process that ends is added to its parent, so the sum never
 * goes down while the root lives.
 */
export function sumTree(processes: readonly ProcessTimes[], root: number): number {
  const childrenOf = Map.groupBy(processes, (one) => one.parent)
  const work = processes.filter((one) => one.pid === root)
  if (work.length === 0) throw new Error(`process ${root} was to be measured and has ended`)
  let ticks = 0
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    ticks += next.ticks
    work.push(...(childrenOf.get(next.pid) ?? []))
  }
  return ticks
}

/** CPU time in ms that each server has used since it started, its child processes included. */
export function readCpuMs(roots: Readonly<Record<string, number>>): Map<string, number> {
  const processes = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readOne(name) : []))
  return new Map(Object.entries(roots).map(([name, pid]) => [name, sumTree(processes, pid) * TICK_MS]))
}

/** CPU time of this machine in ms since it started: all of it, and the part that was used. */
export function readMachineMs(): { all: number; used: number } {
  let all = 0
  let used = 0
  for (const { times } of cpus()) {
    const busy = times.user + times.nice + times.sys + times.irq
    all += busy + times.idle
    used += busy
  }
  return { all, used }
}

function readOne(pid: string): ProcessTimes[] {
  try {
    return [parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))]
  } catch (error) {
    // The process ended after it was listed.
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ESRCH') return []
    throw error
  }
}
