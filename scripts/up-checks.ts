import { mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { livingProcess, stopLeftovers, writePidFile } from '@frontrow/local-stack/pid-file'
import { whyNotListen } from '@frontrow/local-stack/ports'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import type { UpSettings } from './up-settings.ts'

const FREE_BYTES_MIN = 1_000_000_000
const LEFTOVERS_DEADLINE_MS = 15_000

/** Looks for what would stop a start half-way, before anything runs. */
export async function checkMachine(settings: UpSettings): Promise<void> {
  for (const [name, port] of Object.entries({ PORT: settings.port, TLS_PORT: settings.tlsPort })) {
    const obstacle = await whyNotListen(port)
    if (obstacle === null) continue
    throw new SetupProblem(`port ${port} can't be used: ${obstacle}; choose another with ${name}=…`)
  }
  const { bavail, bsize } = statfsSync(settings.dataFolder)
  if (bavail * bsize >= FREE_BYTES_MIN) return
  const free = ((bavail * bsize) / 1e9).toFixed(1)
  throw new SetupProblem(
    `only ${free} GB of disk is free for ${settings.dataFolder}; 1 GB is needed: free some or set DATA_DIR`,
  )
}

/** The folders that a running copy keeps below its data folder. */
export function runFolder(dataFolder: string): string {
  return join(dataFolder, 'run')
}

/** Makes the data folder this process's own, or says who has it. Stops what a copy that was killed has left running. */
export async function claimDataFolder(dataFolder: string, say: (line: string) => void): Promise<void> {
  const run = runFolder(dataFolder)
  mkdirSync(run, { recursive: true })
  const own = ownPidFile(dataFolder)
  const other = livingProcess(own)
  if (other !== null) {
    throw new SetupProblem(
      `Frontrow already runs on ${dataFolder} (process ${other}); stop it, or set DATA_DIR, PORT and TLS_PORT`,
    )
  }
  const stopped = await stopLeftovers(run, LEFTOVERS_DEADLINE_MS)
  if (stopped.length > 0) say(`Stopped what an earlier run had left: ${stopped.join(', ')}`)
  writePidFile(own, process.pid)
}

/** Names this process while it has the data folder. */
export function ownPidFile(dataFolder: string): string {
  return join(runFolder(dataFolder), 'frontrow.pid')
}
