import { randomUUID } from 'node:crypto'
import type { HttpExchange, WireAnswer, WireRequest } from './http-exchange.ts'

/** Defects that the simulated system can have, so that tests see whether a rush notices them. */
export interface Faults {
  /** Holds seats that are taken. */
  readonly oversells?: boolean
  /** Takes the money again for a repeated charge. */
  readonly chargesTwice?: boolean
  /** Answers that a payment is APPROVED, and does not store it. */
  readonly losesPayments?: boolean
  /** Refuses a payment and lets its reservation be CONFIRMED. */
  readonly confirmsRefused?: boolean
  /** Keeps the money of a cancelled reservation. */
  readonly keepsRefunds?: boolean
  /** Answers 202 to every charge, which is no defect: it is CHARGED when somebody asks. */
  readonly chargesLater?: boolean
  /** Answers 500 to every hold whose number this divides. */
  readonly breaksHold?: number
}

interface Stored {
  reservationId: string
  userId: string
  seats: number[]
  totalAmount: number
  status: string
}
interface StoredPayment {
  paymentId: string
  reservationId: string
  userId: string
  amount: number
  paymentMethod: string
  status: string
}
type Body = Readonly<Record<string, unknown>>
type Reply = { status: number; data?: unknown; code?: string; details?: unknown }

/** The API of the contract in this process, for a whole rush without a server. It has no waiting line: everybody is ACTIVE. */
export class SimulatedSystem implements HttpExchange {
  readonly #faults: Faults
  readonly #seats: number
  readonly #price = 70_000
  readonly #taken = new Map<number, 'HOLD' | 'SOLD_OUT'>()
  readonly #reservations = new Map<string, Stored>()
  readonly #payments = new Map<string, StoredPayment>()
  readonly #balances = new Map<string, number>()
  readonly #charges = new Map<string, object>()
  readonly #answers = new Map<string, Reply>()
  #joined = 0
  #holds = 0

  constructor(seats: number, faults: Faults = {}) {
    this.#seats = seats
    this.#faults = faults
  }

  close(): void {
    // It has no connections.
  }

  async send(request: WireRequest): Promise<WireAnswer> {
    // Requests over a wire interleave, so this one lets others run first.
    await new Promise((resolve) => setImmediate(resolve))
    const key = request.headers['Idempotency-Key']
    const stored = key === undefined ? undefined : this.#answers.get(key)
    const forgets = this.#faults.chargesTwice === true && request.path.endsWith('/charge')
    const reply = stored !== undefined && !forgets ? stored : this.#answer(request)
    if (key !== undefined && reply.status < 400) this.#answers.set(key, reply)
    const requestId = request.headers['X-Request-Id'] ?? ''
    const { status, data, code, details } = reply
    const failed = { success: false, error: { code, message: 'no', details: details ?? null, requestId } }
    const text = JSON.stringify(code === undefined ? { success: true, data: data ?? null } : failed)
    return { status, headers: { 'x-request-id': requestId }, text: status === 204 ? '' : text }
  }

  #answer(request: WireRequest): Reply {
    const { method } = request
    const path = request.path.replace('/api/v1', '')
    const userId = userOf(request.headers['Authorization'])
    const body: Body = request.body === undefined ? {} : JSON.parse(request.body)
    const [, first = '', second = '', third = ''] = path.split('/')
    if (path.endsWith('/challenge')) return { status: 200, data: { check: 'none' } }
    if (first === 'queue') return method === 'DELETE' ? { status: 204 } : this.#place()
    if (first === 'concerts') return this.#seatMap()
    if (first === 'users' && path.includes('/charges/')) return this.#chargeNow(path)
    if (first === 'users')
      return method === 'GET' ? this.#balance(second) : this.#charge(second, Number(body['amount']))
    if (first === 'payments') return method === 'GET' ? this.#payment(second) : this.#pay(userId, body)
    if (first === 'reservations' && third === 'cancel') return this.#cancel(second)
    if (first === 'reservations')
      return method === 'GET' ? this.#reservation(second) : this.#hold(userId, body)
    return { status: 404, code: 'NOT_FOUND' }
  }

  #place(): Reply {
    this.#joined += 1
    const data = {
      token: randomUUID(),
      scheduleId: 1,
      status: 'ACTIVE',
      sequence: this.#joined,
      queuePosition: 0,
      estimatedWaitSeconds: 0,
      estimatedWaitTimeMinutes: 0,
      pollAfterSeconds: 1,
      serverTime: new Date().toISOString(),
      expiresAt: in5Minutes(),
    }
    return { status: 200, data }
  }

  #seatMap(): Reply {
    const seats = Array.from({ length: this.#seats }, (_, index) => ({
      seatId: index + 1,
      price: this.#price,
      status: this.#taken.get(index + 1) ?? 'AVAILABLE',
    }))
    return { status: 200, data: { scheduleInfo: {}, seats } }
  }

  #hold(userId: string, body: Body): Reply {
    this.#holds += 1
    if (this.#faults.breaksHold !== undefined && this.#holds % this.#faults.breaksHold === 0) {
      return { status: 500, code: 'INTERNAL' }
    }
    const wanted = Array.isArray(body['seatIds'])
      ? body['seatIds'].map(Number)
      : this.#best(Number(body['quantity']))
    const taken = wanted.filter((seatId) => this.#taken.has(seatId))
    if (wanted.length === 0 || (taken.length > 0 && this.#faults.oversells !== true)) {
      return { status: 409, code: 'SEAT_TAKEN', details: { seatIds: taken } }
    }
    for (const seatId of wanted) this.#taken.set(seatId, 'HOLD')
    const totalAmount = wanted.length * this.#price
    const reservation = { reservationId: randomUUID(), userId, seats: wanted, totalAmount, status: 'HOLD' }
    this.#reservations.set(reservation.reservationId, reservation)
    const times = { reservedAt: new Date().toISOString(), expiresAt: in5Minutes() }
    return { status: 201, data: { ...reservation, ...times, reservationNumber: 'FR-1', scheduleId: 1 } }
  }

  #best(quantity: number): number[] {
    const free = Array.from({ length: this.#seats }, (_, index) => index + 1).filter(
      (id) => !this.#taken.has(id),
    )
    return free.length < quantity ? [] : free.slice(0, quantity)
  }

  #pay(userId: string, body: Body): Reply {
    const reservation = this.#reservations.get(String(body['reservationId']))
    if (reservation === undefined) return { status: 404, code: 'RESERVATION_NOT_FOUND' }
    const { reservationId, totalAmount: amount } = reservation
    if (this.#faults.confirmsRefused === true) reservation.status = 'CONFIRMED'
    if (body['paymentMethod'] === 'CARD') {
      if (JSON.stringify(body['card']).includes('tok_declined')) return { status: 402, code: 'CARD_DECLINED' }
    } else {
      const balance = this.#balances.get(userId) ?? 0
      if (balance < amount) return { status: 402, code: 'INSUFFICIENT_BALANCE' }
      this.#balances.set(userId, balance - amount)
    }
    reservation.status = 'CONFIRMED'
    for (const seatId of reservation.seats) this.#taken.set(seatId, 'SOLD_OUT')
    const paymentMethod = String(body['paymentMethod'])
    const payment = {
      paymentId: randomUUID(),
      reservationId,
      userId,
      amount,
      paymentMethod,
      status: 'APPROVED',
    }
    if (this.#faults.losesPayments !== true) this.#payments.set(payment.paymentId, payment)
    return { status: 201, data: { ...payment } }
  }

  #cancel(reservationId: string): Reply {
    const reservation = this.#reservations.get(reservationId)
    if (reservation === undefined) return { status: 404, code: 'RESERVATION_NOT_FOUND' }
    const payment = [...this.#payments.values()].find((one) => one.reservationId === reservationId)
    if (reservation.status !== 'CANCELLED') {
      reservation.status = 'CANCELLED'
      for (const seatId of reservation.seats) this.#taken.delete(seatId)
      if (payment !== undefined) this.#refund(payment)
    }
    const refund = payment === undefined ? null : { paymentId: payment.paymentId, status: 'REFUNDED' }
    return { status: 200, data: { reservationId, status: 'CANCELLED', refund } }
  }

  #refund(payment: StoredPayment): void {
    payment.status = 'REFUNDED'
    if (payment.paymentMethod !== 'BALANCE' || this.#faults.keepsRefunds === true) return
    this.#balances.set(payment.userId, (this.#balances.get(payment.userId) ?? 0) + payment.amount)
  }

  #charge(userId: string, amount: number): Reply {
    const currentBalance = (this.#balances.get(userId) ?? 0) + amount
    this.#balances.set(userId, currentBalance)
    const transactionId = randomUUID()
    const charge = { userId, transactionId, amount }
    if (this.#faults.chargesLater === true) {
      this.#charges.set(transactionId, { ...charge, status: 'CHARGED', currentBalance })
      return { status: 202, data: { ...charge, status: 'CHARGING', currentBalance: null } }
    }
    const chargedAt = new Date().toISOString()
    return {
      status: 200,
      data: { userId, chargedAmount: amount, currentBalance, transactionId, chargedAt },
    }
  }

  #chargeNow(path: string): Reply {
    const data = this.#charges.get(path.split('/').at(-1) ?? '')
    return data === undefined ? { status: 404, code: 'CHARGE_NOT_FOUND' } : { status: 200, data }
  }

  #balance(userId: string): Reply {
    const currentBalance = this.#balances.get(userId) ?? 0
    return { status: 200, data: { userId, currentBalance, totalCharged: 0, totalUsed: 0 } }
  }

  #payment(paymentId: string): Reply {
    const data = this.#payments.get(paymentId)
    return data === undefined ? { status: 404, code: 'PAYMENT_NOT_FOUND' } : { status: 200, data }
  }

  #reservation(reservationId: string): Reply {
    const data = this.#reservations.get(reservationId)
    return data === undefined ? { status: 404, code: 'RESERVATION_NOT_FOUND' } : { status: 200, data }
  }
}

function in5Minutes(): string {
  return new Date(Date.now() + 300_000).toISOString()
}

// The tests' bearer tokens are the users' names.
function userOf(authorization: string | undefined): string {
  return authorization?.replace('Bearer ', '') ?? ''
}
