import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { replaceFile } from './nginx-configuration.ts'
import { SayOnce } from './say-once.ts'

/** The lists of networks that may change while Nginx runs; each is a file of its name with a network a line. */
const LISTS = ['blocked', 'exempt'] as const
const LOOK_EVERY_MS = 2_000

/** Where the lists are written by people, and where Nginx includes them from. */
export interface NetworkFolders {
  /** May be missing, and so may the files in it. */
  networksFolder: string | undefined
  stateFolder: string
}

/** Both lists as Nginx wants them, by the files that the template includes, and the lines that were left out. */
export interface Networks {
  texts: ReadonlyMap<string, string>
  leftOut: readonly string[]
}

/** Writes the lists for the first time, and returns them. A list that can't be read throws: whom it blocks would be let in. */
export function writeNetworks(folders: NetworkFolders): Networks {
  const networks = readNetworks(folders)
  sayLeftOut(networks)
  write(networks)
  return networks
}

/**
 * Looks at the lists every 2 s until `signal` aborts; `first` are those that Nginx has. Where one has changed, it is written and `apply` has Nginx read it, or returns why it
 * refuses; then the lists before stand until they change again. While they can't be read or written they stand as well.
 */
export async function watchNetworks(
  folders: NetworkFolders,
  first: Networks,
  signal: AbortSignal,
  apply: () => Promise<string | null>,
): Promise<void> {
  if (folders.networksFolder === undefined) return
  const trouble = new SayOnce(`the lists of networks in ${folders.networksFolder} stay as they were`)
  let standing = first
  let refused: Networks | undefined
  while (!signal.aborted) {
    await delay(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined)
    if (signal.aborted) return
    await trouble.attempt(async () => {
      const wanted = readNetworks(folders)
      if (isSame(wanted, standing) || isSame(wanted, refused)) return
      sayLeftOut(wanted)
      write(wanted)
      const reason = await apply()
      if (reason === null) {
        standing = wanted
        refused = undefined
        return
      }
      write(standing)
      refused = wanted
      throw new Error(reason)
    })
  }
}

/** A line that is no network is left out, since with it Nginx would refuse all of its configuration. */
function readNetworks({ networksFolder, stateFolder }: NetworkFolders): Networks {
  const texts = new Map<string, string>()
  const leftOut: string[] = []
  for (const list of LISTS) {
    const source = networksFolder === undefined ? '' : join(networksFolder, list)
    const lines = existsSync(source) ? linesOf(source) : []
    const networks = lines.filter(isNetwork).map((network) => `${network} 1;\n`)
    texts.set(join(stateFolder, `${list}-networks.conf`), networks.join(''))
    for (const line of lines) {
      if (!isNetwork(line)) leftOut.push(`${source}: "${line.slice(0, 80)}"`)
    }
  }
  return { texts, leftOut }
}

function write({ texts }: Networks): void {
  for (const [file, text] of texts) replaceFile(file, text)
}

function sayLeftOut({ leftOut }: Networks): void {
  for (const line of leftOut) process.stderr.write(`${line} is no address and no network, and is left out\n`)
}

function isSame(one: Networks, other: Networks | undefined): boolean {
  return (
    JSON.stringify([[...one.texts], one.leftOut]) ===
    JSON.stringify(other && [[...other.texts], other.leftOut])
  )
}

function linesOf(file: string): string[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '')
}

/** An address or a network. One with a zone (fe80::1%eth0) is an address for Node, and nothing for Nginx. */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || address.includes('%') || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
