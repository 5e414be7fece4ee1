import { createHmac } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'

// About 5 ms of this process' time at once.
const KEYS_AT_ONCE = 2_000
const KEY_BYTES = 32

/**
 * The entry numbers 1 to `entries` in the order of the draw, first to last: by HMAC-SHA-256 of each under the seed. The rule is
 * public (docs/fairness.md) and never changes, or published draws could no longer be replayed. 100,000 entries took 0.3 s
 * here, a million 3.5 s, of which the last second (the sort) is in one piece.
 */
export async function drawOrder(seed: Buffer, scheduleId: number, entries: number): Promise<number[]> {
  const keys = Buffer.allocUnsafe(entries * KEY_BYTES)
  // 48 bits of each key as a number decide nearly always, and compare ten times as fast.
  const prefixes = new Float64Array(entries)
  for (let index = 0; index < entries; index += 1) {
    const key = createHmac('sha256', seed)
      .update(`${scheduleId}:${entries}:${index + 1}`)
      .digest()
    key.copy(keys, index * KEY_BYTES)
    prefixes[index] = key.readUIntBE(0, 6)
    if (index % KEYS_AT_ONCE === KEYS_AT_ONCE - 1) await breathe()
  }
  const keyOf = (index: number): Buffer => keys.subarray(index * KEY_BYTES, (index + 1) * KEY_BYTES)
  const order = Uint32Array.from({ length: entries }, (_none, index) => index)
  order.sort((a, b) => (prefixes[a] ?? 0) - (prefixes[b] ?? 0) || Buffer.compare(keyOf(a), keyOf(b)))
  return Array.from(order, (index) => index + 1)
}
