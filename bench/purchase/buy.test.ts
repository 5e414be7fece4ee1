import { expect, test } from '@jest/globals'
import { purchaseOf } from './buy.ts'

const round = (cpu: number, latenciesMs: readonly number[]) => ({
  answered: 2,
  elapsedMs: 1_000,
  latenciesMs,
  cpuMs: new Map([
    ['queue', cpu],
    ['postgres', 1],
  ]),
})

test('a purchase is a join, a poll, a hold and a payment of the same buyer', () => {
  const step = round(10, [1, 2])
  const sale = {
    charge: round(500, [9, 9]),
    join: step,
    place: step,
    hold: step,
    pay: round(70, [30, 40]),
    refused: step,
  }
  expect(purchaseOf(sale)).toEqual({
    answered: 2,
    elapsedMs: 4_000,
    latenciesMs: [33, 46],
    cpuMs: new Map([
      ['queue', 100],
      ['postgres', 4],
    ]),
  })
})
