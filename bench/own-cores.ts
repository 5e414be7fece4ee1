import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { listTree } from './process-cpu.ts'

const run = promisify(execFile)

/**
 * Gives this process the last core, and the copy that runs from this data folder all others, so that a load takes nothing from what it
 * measures, as if it came from another machine. The function that is returned gives all cores back to the copy; it says undefined where
 * there is one core only.
 */
export async function takeOwnCore(dataFolder: string): Promise<(() => Promise<void>) | undefined> {
  const last = cpus().length - 1
  if (last < 1) return undefined
  const root = Number(readFileSync(join(dataFolder, 'run', 'frontrow.pid'), 'utf8'))
  const giveBack = async (): Promise<void> => {
    for (const pid of listTree(root)) await pin(pid, `0-${last}`)
  }
  await pin(process.pid, String(last))
  try {
    for (const pid of listTree(root)) await pin(pid, `0-${last - 1}`)
  } catch (error) {
    await giveBack()
    throw error
  }
  return giveBack
}

/** All threads of a process. One that ended meanwhile needs no core. */
async function pin(pid: number, cores: string): Promise<void> {
  try {
    await run('taskset', ['-a', '-c', '-p', cores, String(pid)])
  } catch (error) {
    if (isAlive(pid)) throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
