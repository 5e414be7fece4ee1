import { describe, expect, test } from '@jest/globals'
import { decideCharge } from './decide-charge.ts'
import type { CaptureStatus, ChargeNews, ChargeState } from './decide-charge.ts'

const captured: ChargeNews = { kind: 'captured', reference: 'r-1' }
const declined: ChargeNews = { kind: 'declined', reason: 'no money' }
const givenUp: ChargeNews = { kind: 'givenUp', wasAsked: true }
const neverAsked: ChargeNews = { kind: 'givenUp', wasAsked: false }
const refunded: ChargeNews = { kind: 'refunded' }
const all = [captured, declined, givenUp, neverAsked, refunded]

const charging: ChargeState = { status: 'CHARGING', captureStatus: 'PENDING' }
const failed = (captureStatus: CaptureStatus | null): ChargeState => ({ status: 'FAILED', captureStatus })
const kept = { status: 'FAILED', isBooked: false, failure: null }

describe('a charge at work', () => {
  test('is booked once the money was captured', () => {
    expect(decideCharge(charging, captured)).toEqual({
      status: 'CHARGED',
      captureStatus: 'CAPTURED',
      isBooked: true,
      failure: null,
      work: 'none',
    })
  })

  test('has failed where the card was declined, with the words of the provider and nothing left to do', () => {
    expect(decideCharge(charging, declined)).toEqual({
      status: 'FAILED',
      captureStatus: 'DECLINED',
      isBooked: false,
      failure: { reason: 'CARD_DECLINED', message: 'no money' },
      work: 'none',
    })
  })

  test('that is given up has failed, and its capture is still to be found out', () => {
    expect(decideCharge(charging, givenUp)).toEqual({
      status: 'FAILED',
      captureStatus: 'PENDING',
      isBooked: false,
      failure: { reason: 'TIMEOUT', message: expect.stringContaining('given back') },
      work: 'new',
    })
  })

  test('that is given up before the provider was asked has failed, and nothing is left to do', () => {
    expect(decideCharge(charging, neverAsked)).toEqual({
      status: 'FAILED',
      captureStatus: 'VOIDED',
      isBooked: false,
      failure: { reason: 'TIMEOUT', message: expect.stringContaining('nothing was taken') },
      work: 'none',
    })
  })

  test('has nothing to be refunded', () => {
    expect(decideCharge(charging, refunded)).toBeNull()
  })
})

describe('a charge that was given up', () => {
  test('whose capture turns up goes on to its refund by whoever has it in hand', () => {
    expect(decideCharge(failed('PENDING'), captured)).toEqual({
      ...kept,
      captureStatus: 'CAPTURED',
      work: 'same',
    })
  })

  test('of which nothing was taken has nothing left to do', () => {
    expect(decideCharge(failed('PENDING'), declined)).toEqual({
      ...kept,
      captureStatus: 'VOIDED',
      work: 'none',
    })
  })

  test('is not refunded before its capture is known', () => {
    expect(decideCharge(failed('PENDING'), refunded)).toBeNull()
    expect(decideCharge(failed('PENDING'), givenUp)).toBeNull()
  })

  test('and captured ends with the refund', () => {
    expect(decideCharge(failed('CAPTURED'), refunded)).toEqual({
      ...kept,
      captureStatus: 'REFUNDED',
      work: 'none',
    })
    for (const news of [captured, declined, givenUp])
      expect(decideCharge(failed('CAPTURED'), news)).toBeNull()
  })
})

test.each(['DECLINED', 'VOIDED', null] as const)(
  'a capture that turns up after all of a charge whose capture was %s is new work',
  (captureStatus) => {
    expect(decideCharge(failed(captureStatus), captured)).toEqual({
      ...kept,
      captureStatus: 'CAPTURED',
      work: 'new',
    })
    for (const news of [declined, givenUp, refunded]) {
      expect(decideCharge(failed(captureStatus), news)).toBeNull()
    }
  },
)

test('nothing changes a charge that is CHARGED or given back', () => {
  for (const news of all) {
    expect(decideCharge({ status: 'CHARGED', captureStatus: 'CAPTURED' }, news)).toBeNull()
    expect(decideCharge({ status: 'CHARGED', captureStatus: null }, news)).toBeNull()
    expect(decideCharge(failed('REFUNDED'), news)).toBeNull()
  }
})
