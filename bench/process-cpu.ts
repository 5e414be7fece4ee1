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

/** A process and its descendants, as they are now. */
export function listTree(root: number): number[] {
  return treeOf(readAll(), root).map(({ pid }) => pid)
}

function treeOf(processes: readonly ProcessTimes[], root: number): ProcessTimes[] {
  const childrenOf = Map.groupBy(processes, (one) => one.parent)
  const work = processes.filter((one) => one.pid === root)
  if (work.length === 0) throw new Error(`process ${root} was to be looked at and has ended`)
  const tree: ProcessTimes[] = []
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    tree.push(next)
    work.push(...(childrenOf.get(next.pid) ?? []))
  }
  return tree
}

/**
 * Sums the ticks of a process and its descendants. The time of a process that ends is added to its parent, so the sum never
 * goes down while the root lives.
 */
export function sumTree(processes: readonly ProcessTimes[], root: number): number {
  return treeOf(processes, root).reduce((sum, { ticks }) => sum + ticks, 0)
}

/** CPU time in ms that each server has used since it started, its child processes included. */
export function readCpuMs(roots: Readonly<Record<string, number>>): Map<string, number> {
  const processes = readAll()
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

function readAll(): ProcessTimes[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readOne(name) : []))
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
