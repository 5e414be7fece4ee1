import type { Shares } from './arguments.ts'
import type { Random } from './random.ts'

/** Cards that the simulated provider knows. */
export type CardToken = 'tok_approved' | 'tok_declined' | 'tok_flaky'

/** How a fan will behave, drawn once on arrival. */
export interface FanProfile {
  readonly seatsWanted: number
  /** Lets the system choose the seats. */
  readonly bestAvailable: boolean
  readonly payBy: 'BALANCE' | 'CARD'
  /** The card, which the simulated card provider approves, declines, or approves at the second try. */
  readonly cardToken: CardToken
  /** Charges the wallet by that card; the others name none. */
  readonly chargesByCard: boolean
  /** Has too little money when first asked to pay. */
  readonly isBroke: boolean
  /** Finds the money (or another way to pay) after a refusal. */
  readonly triesAgain: boolean
  /** Fills the wallet before joining, for the dearest seats. */
  readonly chargesEarly: boolean
  readonly afterHolding: 'pay' | 'let-it-run-out' | 'release'
  readonly cancelsAfterPaying: boolean
  /** Sends charge and payment again with the same key: after the answer, or both at once. */
  readonly repeats: 'never' | 'after' | 'together'
  /** After this many polls that say WAITING the fan leaves the line; undefined: never. */
  readonly pollsBeforeLeaving: number | undefined
  readonly watchesNowServing: boolean
}

/** Makes every draw for every fan, so that changing one share does not change the other traits of the crowd. */
export function drawProfile(random: Random, shares: Shares): FanProfile {
  const seatsWanted = drawSeatsWanted(random)
  const bestAvailable = random.chance(shares.bestAvailable)
  const card = random.chance(shares.card)
  const declined = random.chance(shares.declined)
  const isBroke = random.chance(shares.broke)
  const triesAgain = random.chance(0.5)
  const chargesEarly = random.chance(0.3)
  const walksAway = random.chance(shares.walkAway)
  const releases = random.chance(0.5)
  const cancelsAfterPaying = random.chance(shares.cancel)
  const repeats = random.chance(shares.repeat)
  const together = random.chance(0.5)
  const leaves = random.chance(shares.leave)
  const polls = random.integer(1, 3)
  const watchesNowServing = random.chance(shares.watch)
  const flaky = random.chance(shares.flaky)
  return {
    seatsWanted,
    bestAvailable,
    payBy: card ? 'CARD' : 'BALANCE',
    cardToken: flaky ? 'tok_flaky' : declined ? 'tok_declined' : 'tok_approved',
    chargesByCard: flaky,
    isBroke,
    triesAgain,
    chargesEarly: chargesEarly && !isBroke && !card,
    afterHolding: walksAway ? (releases ? 'release' : 'let-it-run-out') : 'pay',
    cancelsAfterPaying,
    repeats: repeats ? (together ? 'together' : 'after') : 'never',
    pollsBeforeLeaving: leaves ? polls : undefined,
    watchesNowServing,
  }
}

// Half of the fans want two seats, because most people go to a concert in pairs.
function drawSeatsWanted(random: Random): number {
  const draw = random.next()
  if (draw < 0.2) return 1
  if (draw < 0.7) return 2
  return draw < 0.85 ? 3 : 4
}
