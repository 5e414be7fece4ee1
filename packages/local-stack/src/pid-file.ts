import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const POLL_MS = 50

/**
 * The boot and the start time of a process, which tell it from every other that has had or will have its number. Null
 * when no such process lives; a zombie counts as dead, since it only waits for its parent to read its exit code.
 */
export function processIdentity(pid: number): string | null {
  if (process.platform !== 'linux') return startTimeByPs(pid)
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in brackets and may hold blanks and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, startTicks] = [fields[0], fields[19]]
    return state === 'Z' || startTicks === undefined ? null : `${boot} ${startTicks}`
  } catch {
    // The kernel has no entry for a process that has ended.
    return null
  }
}

function startTimeByPs(pid: number): string | null {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null
  } catch {
    // ps exits 1 when there is no such process.
    return null
  }
}

/** Writes the number of a living process to the .pid file, alone so that `kill $(cat …)` works, its identity beside. */
export function writePidFile(path: string, pid: number): void {
  writeFileSync(`${path}.started`, processIdentity(pid) ?? '')
  writeFileSync(path, `${pid}\n`)
}

/** Removes the pid file of a process that has ended. */
export function removePidFile(path: string): void {
  rmSync(path, { force: true })
  rmSync(`${path}.started`, { force: true })
}

/** The process a pid file names if that very process still lives, else null. */
export function livingProcess(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim())
    const recorded = readFileSync(`${path}.started`, 'utf8')
    return Number.isSafeInteger(pid) && pid > 1 && processIdentity(pid) === recorded ? pid : null
  } catch {
    // There is no pid file, or the process that wrote it was killed half-way. Then no process can be named.
    return null
  }
}

/** Stops the servers that a killed earlier run has left running; returns their names. */
export async function stopLeftovers(runFolder: string, deadlineMs: number): Promise<string[]> {
  const files = readdirSync(runFolder).filter((name) => name.endsWith('.pid'))
  const paths = files.map((name) => join(runFolder, name))
  const living = paths.filter((path) => livingProcess(path) !== null)
  for (const path of living) signal(path, 'SIGTERM')
  const deadline = Date.now() + deadlineMs
  while (Date.now() < deadline && living.some((path) => livingProcess(path) !== null)) await delay(POLL_MS)
  for (const path of living) signal(path, 'SIGKILL')
  for (const path of paths) removePidFile(path)
  return living.map((path) => basename(path, '.pid'))
}

function signal(path: string, name: NodeJS.Signals): void {
  const pid = livingProcess(path)
  if (pid === null) return
  try {
    process.kill(pid, name)
  } catch (error) {
    // The process may end between the check and the signal. Any other failure, e.g. a lack of rights, must be seen.
    if (livingProcess(path) !== null) throw error
  }
}
