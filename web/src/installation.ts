import { pause } from '@frontrow/client/pause'
import { repeatAfterMs } from './api.ts'

/** What differs between installations of the system and matters to who buys. */
export interface Installation {
  /** The currency of all amounts, ISO 4217. */
  currency: string
  /** Whether the simulator's cards are offered. */
  testCards: boolean
}

const READ_WITHIN_MS = 10_000
const TRIES_MAX = 8

let known: Installation | undefined
let isLoading = false
const listeners = new Set<() => void>()

/** The installation; undefined until the gateway has told it, which the first who watches asks for. */
export function installation(): Installation | undefined {
  return known
}

/** Calls `listener` when the installation is known. */
export function watchInstallation(listener: () => void): () => void {
  listeners.add(listener)
  if (known === undefined && !isLoading) void load()
  return () => listeners.delete(listener)
}

/** Reads the answer of `/config.json`. An older gateway does not tell these: then there are no cards, and the currency is the default one. */
export function readInstallation(config: unknown): Installation {
  if (typeof config !== 'object' || config === null) throw new Error('/config.json is no object')
  const { currency, testCards } = Object.fromEntries(Object.entries(config))
  return {
    currency: typeof currency === 'string' && /^[a-z]{3}$/i.test(currency) ? currency.toUpperCase() : 'KRW',
    testCards: testCards === true,
  }
}

async function load(): Promise<void> {
  isLoading = true
  for (let tries = 0; known === undefined && tries < TRIES_MAX; tries += 1) {
    try {
      const response = await fetch('/config.json', { signal: AbortSignal.timeout(READ_WITHIN_MS) })
      if (!response.ok) throw new Error(`/config.json answered ${response.status}`)
      known = readInstallation(await response.json())
    } catch (error) {
      console.warn(error)
      await pause(repeatAfterMs(tries, error))
    }
  }
  // Where it was never told, whoever watches next asks again.
  isLoading = false
  for (const listener of listeners) listener()
}
