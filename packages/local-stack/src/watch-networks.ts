import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** The lists of networks that may change while Nginx runs; each is a file of its name with a network a line. */
const LISTS = ['blocked', 'exempt'] as const
const LOOK_EVERY_MS = 2_000

/** Where the lists are written by people, and where Nginx includes them from. */
export interface NetworkFolders {
  /** May be missing, and so may the files in it. */
  networksFolder: string | undefined
  stateFolder: string
}

/**
 * Writes the lists as Nginx wants them; returns whether one has changed. A line that is no network is left out and named on standard
 * error, since with it Nginx would refuse all of its configuration.
 */
export function writeNetworks({ networksFolder, stateFolder }: NetworkFolders): boolean {
  const changed = LISTS.filter((list) => {
    const source = networksFolder === undefined ? '' : join(networksFolder, list)
    const lines = existsSync(source) ? linesOf(source) : []
    const networks = lines.filter(isNetwork)
    // The name that the template includes.
    const file = join(stateFolder, `${list}-networks.conf`)
    const text = networks.map((network) => `${network} 1;\n`).join('')
    if (existsSync(file) && readFileSync(file, 'utf8') === text) return false
    for (const line of lines) {
      if (isNetwork(line)) continue
      process.stderr.write(
        `${source}: "${line.slice(0, 80)}" is no address and no network, and is left out\n`,
      )
    }
    writeFileSync(file, text)
    return true
  })
  return changed.length > 0
}

/** Looks at the lists every 2 s until `signal` aborts. */
export async function watchNetworks(
  folders: NetworkFolders,
  signal: AbortSignal,
  onChange: () => void,
): Promise<void> {
  if (folders.networksFolder === undefined) return
  while (!signal.aborted) {
    await delay(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined)
    if (!signal.aborted && writeNetworks(folders)) onChange()
  }
}

function linesOf(file: string): string[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '')
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
