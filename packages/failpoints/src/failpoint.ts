/** Places at which a test can make a process die, between two steps that a crash may fall between. */
const places = [
  /** The payment is committed, and nobody has heard of it. Types: BALANCE, CARD. */
  'payment-begun',
  /** The relay has read messages of the outbox, and not published them. Types, here and below: those of the messages. */
  'relay-read',
  /** The broker has acknowledged them, and they are not marked as published. */
  'relay-published',
  /** A batch of messages has had its effects, in a transaction that is not committed. */
  'messages-applied',
  /** It is committed, and the offsets are not. */
  'messages-committed',
  /**
   * Work at the card provider is leased, and the provider has not been called. Types, here and below: what a payment wants (CAPTURED,
   * REFUNDED), or the status of a charge (CHARGING, FAILED).
   */
  'card-leased',
  /** The provider has answered, and nothing of that is stored. */
  'card-answered',
  /** What came of it is written, in a transaction that is not committed. */
  'card-applied',
] as const

/** One of the places. */
export type FailpointPlace = (typeof places)[number]

interface Armed {
  place: FailpointPlace
  type: string
  /** How many more have to pass. */
  left: number
}

const RULE = `FAILPOINT is place/type:exit@n, such as relay-read/DebitWallet:exit@1; the places are ${places.join(', ')}`

let armed: Armed | null = null

/**
 * Arms the failpoint that the environment variable FAILPOINT names, if any: `place/type:exit@n` lets the process die when the n-th
 * thing of this type passes the place. Throws where the variable can't be understood, and in production.
 */
export function armFailpoint(env: Readonly<Record<string, string | undefined>>): void {
  const { FAILPOINT: setting = '', NODE_ENV: environment } = env
  if (setting === '') return
  if (environment === 'production') {
    throw new Error(
      'FAILPOINT is set, which makes the process die; it is for tests, and NODE_ENV is production',
    )
  }
  const [, name, type = '', n] = /^([a-z-]+)\/(\w+):exit@([1-9]\d{0,5})$/.exec(setting) ?? []
  const place = places.find((one) => one === name)
  if (place === undefined) throw new Error(`${RULE}; it is "${setting}"`)
  armed = { place, type, left: Number(n) }
}

/**
 * A place at which a test can make the process die, as by SIGKILL: nothing is flushed, closed or told. `typesOf` returns the types of
 * what passes; it is called only where the place is armed, so that a place costs one comparison otherwise.
 */
export function failpoint(place: FailpointPlace, typesOf: () => readonly string[]): void {
  if (armed === null || armed.place !== place) return
  for (const type of typesOf()) {
    if (type === armed.type) armed.left -= 1
  }
  if (armed.left > 0) return
  process.kill(process.pid, 'SIGKILL')
  // The signal may come a little later, and nothing more may happen until then.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
