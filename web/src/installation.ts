import { pause } from '@frontrow/client/pause'
import { repeatAfterMs } from './api.ts'

/** What differs between installations of the system and matters to who buys. */
export interface Installation {
  /** The currency of all amounts, ISO 4217. */
  currency: string
  /** Whether the simulator's cards are offered. */
  testCards: boolean
  /** What Stripe's form for cards is opened with; undefined where real cards are not taken. */
  stripePublishableKey: string | undefined
  /** How many seats of one show a person may have. */
  seatsPerUserMax: number
  /** What one charge of a wallet may be, in the currency's smallest unit. */
  chargeAmountMin: number
  chargeAmountMax: number
  /** Whether joins are checked against bots, so that the answer goes with the first join. Where it is not told, a refused join tells. */
  isJoinChecked: boolean
}

/** What an older gateway does not tell is as it is by default; the API has the last word. */
export const SEATS_PER_USER_MAX = 6
const CHARGE_AMOUNT_MIN = 1_000
const CHARGE_AMOUNT_MAX = 1_000_000

/** Stripe also has secret keys, which must never be used in a page. */
const PUBLISHABLE_KEY = /^pk_(?:test|live)_[A-Za-z0-9]+$/

const READ_WITHIN_MS = 10_000
const TRIES_MAX = 8

let known: Installation | undefined
let isLoading = false
const listeners = new Set<() => void>()

/** The installation; undefined until the gateway has told it, which the first who watches asks for. */
export function installation(): Installation | undefined {
  return known
}

/** The installation as soon as it is known; undefined where the gateway never tells it. */
export async function whenInstalled(): Promise<Installation | undefined> {
  if (known !== undefined) return known
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = watchInstallation(resolve)
  await promise.finally(stop)
  return known
}

/** Calls `listener` when the installation is known. */
export function watchInstallation(listener: () => void): () => void {
  listeners.add(listener)
  if (known === undefined && !isLoading) void load()
  return () => listeners.delete(listener)
}

/** Reads the answer of `/config.json`. An older gateway does not tell all of these: then there are no cards, and the rest is as by default. */
export function readInstallation(config: unknown): Installation {
  if (typeof config !== 'object' || config === null) throw new Error('/config.json is no object')
  const told = Object.fromEntries(Object.entries(config))
  const { currency, testCards, stripePublishableKey, seatsPerUserMax, chargeAmountMin, chargeAmountMax } =
    told
  return {
    currency: typeof currency === 'string' && /^[a-z]{3}$/i.test(currency) ? currency.toUpperCase() : 'KRW',
    testCards: testCards === true,
    stripePublishableKey:
      typeof stripePublishableKey === 'string' && PUBLISHABLE_KEY.test(stripePublishableKey)
        ? stripePublishableKey
        : undefined,
    seatsPerUserMax: countOr(seatsPerUserMax, SEATS_PER_USER_MAX),
    chargeAmountMin: countOr(chargeAmountMin, CHARGE_AMOUNT_MIN),
    chargeAmountMax: countOr(chargeAmountMax, CHARGE_AMOUNT_MAX),
    isJoinChecked: typeof told['joinCheck'] === 'string' && told['joinCheck'] !== 'none',
  }
}

function countOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : otherwise
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
