import { setTimeout as delay } from 'node:timers/promises'
import type { CaptureResult, CardProvider } from '@frontrow/card-provider/card-provider'

/** One call as the bank received it. */
export interface BankCall {
  kind: 'capture' | 'refund'
  key: string
  cardToken?: string
  signal: AbortSignal
}

/** A card provider that keeps its books: what was captured under which key, and given back. Each test says what goes wrong. */
export class CardBank implements CardProvider {
  readonly name = 'bank'
  readonly calls: BankCall[] = []
  readonly captured = new Map<string, { reference: string; amount: number }>()
  /** Keys of refunds, by the capture's reference. */
  readonly refunded = new Map<string, Set<string>>()
  /** Answers in place of the bank; `decide` does what a bank in health does. */
  onCapture: (call: BankCall, decide: () => CaptureResult) => Promise<CaptureResult> | CaptureResult = (
    _call,
    decide,
  ) => decide()
  onRefund: (call: BankCall, decide: () => void) => Promise<void> | void = (_call, decide) => decide()

  async capture(request: Parameters<CardProvider['capture']>[0]): Promise<CaptureResult> {
    const { idempotencyKey: key, cardToken, amount, signal } = request
    const call: BankCall = { kind: 'capture', key, cardToken, signal }
    this.calls.push(call)
    return this.onCapture(call, () => {
      if (cardToken === 'declined') return { kind: 'declined', reason: 'the card has no money' }
      const capture = this.captured.get(key) ?? { reference: `ref-${key}`, amount }
      this.captured.set(key, capture)
      return { kind: 'captured', reference: capture.reference }
    })
  }

  async refund(request: Parameters<CardProvider['refund']>[0]): Promise<void> {
    const { idempotencyKey: key, reference, signal } = request
    const call: BankCall = { kind: 'refund', key, signal }
    this.calls.push(call)
    await this.onRefund(call, () => {
      const keys = this.refunded.get(reference) ?? new Set()
      this.refunded.set(reference, keys.add(key))
    })
  }

  /** What the bank has taken for a charge and not given back. */
  kept(chargeId: unknown): number {
    const capture = this.captured.get(`charge-${String(chargeId)}`)
    if (capture === undefined) return 0
    return capture.amount * (1 - (this.refunded.get(capture.reference)?.size ?? 0))
  }

  callsOf(chargeId: unknown): BankCall[] {
    return this.calls.filter(({ key }) => key.endsWith(String(chargeId)))
  }
}

/** Waits as a bank does that does not answer: until the caller gives up. */
export async function noAnswer({ signal }: BankCall): Promise<never> {
  await delay(60_000, undefined, { signal, ref: false })
  throw new Error('nobody gave up')
}
