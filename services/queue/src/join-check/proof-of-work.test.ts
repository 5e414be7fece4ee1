import { findProof } from '@frontrow/proof-of-work/proof'
import { describe, expect, test } from '@jest/globals'
import type { Asker, JoinCheck } from './join-check.ts'
import { proofOfWork } from './proof-of-work.ts'

const fan: Asker = { userId: '101', scheduleId: 7 }
const LIFE_MS = 60_000
let nowMs = Date.parse('2026-12-01T00:00:00.500Z')
const now = (): number => nowMs
const secret = 'a-secret-that-only-this-test-knows-0123456789'
const check = proofOfWork({ secret, difficulty: 8, lifeMs: LIFE_MS, now })

function challengeOf(one: JoinCheck, asker: Asker): string {
  const asked = one.challenge(asker)
  if (asked.check !== 'proof-of-work') throw new Error('another check')
  return asked.challenge
}

function solved(asker: Asker = fan, one: JoinCheck = check, difficulty = 8): string {
  const proof = findProof(challengeOf(one, asker), difficulty)
  if (proof === undefined) throw new Error('no proof')
  return proof
}

const fault = (of: string): object => ({ outcome: 'REFUSED', fault: of })

describe('a proof of work', () => {
  test('passes for its user and schedule, and names what it spends', async () => {
    const proof = solved()
    const verdict = await check.verify(proof, fan)
    expect(verdict).toMatchObject({
      outcome: 'PASSED',
      spends: { expiresAtMs: Date.parse('2026-12-01T00:01:01Z') },
    })
    // Another number for the same challenge spends the same.
    const challenge = proof.slice(0, proof.lastIndexOf('.'))
    const from = Number(proof.slice(proof.lastIndexOf('.') + 1)) + 1
    const other = await check.verify(findProof(challenge, 8, { from }) ?? '', fan)
    expect(other).toEqual(verdict)
  })

  test('is worth nothing for another user, another schedule or under another secret', async () => {
    const proof = solved()
    const stranger = proofOfWork({ secret: secret.toUpperCase(), difficulty: 8, lifeMs: LIFE_MS, now })
    expect(await check.verify(proof, { ...fan, userId: '102' })).toEqual(fault('NOT_YOURS'))
    expect(await check.verify(proof, { ...fan, scheduleId: 8 })).toEqual(fault('NOT_YOURS'))
    expect(await stranger.verify(proof, fan)).toEqual(fault('NOT_YOURS'))
    // A user id may hold any character, also the one between the signed parts.
    const split = solved({ userId: '1|2', scheduleId: 3 })
    expect(await check.verify(split, { userId: '2', scheduleId: 3 })).toEqual(fault('NOT_YOURS'))
  })

  test('can be made neither easier nor longer by who answers', async () => {
    const challenge = challengeOf(check, fan)
    const [ends = '', , ...rest] = challenge.split('.')
    const easier = [ends, '1', ...rest].join('.')
    const longer = [(Number.parseInt(ends, 36) + 1_000).toString(36), '8', ...rest].join('.')
    for (const forged of [easier, longer]) {
      expect(await check.verify(findProof(forged, 1) ?? '', fan)).toEqual(fault('NOT_YOURS'))
    }
  })

  test('has to have the zero bits, and to come in time', async () => {
    const challenge = challengeOf(check, fan)
    const wrong = Array.from({ length: 3_000 }, (_, nonce) => `${challenge}.${nonce}`)
    const verdicts = await Promise.all(wrong.map((answer) => check.verify(answer, fan)))
    const passed = verdicts.filter(({ outcome }) => outcome === 'PASSED').length
    expect(verdicts.length - passed).toBe(
      verdicts.filter((one) => 'fault' in one && one.fault === 'WRONG').length,
    )
    // One in 256, so 12 of them on average.
    expect(passed).toBeLessThan(100)
    const proof = solved()
    nowMs += LIFE_MS + 1_000
    expect(await check.verify(proof, fan)).toEqual(fault('EXPIRED'))
  })

  test.each([
    '',
    'x',
    'a.8.12345678.1234567890123456789012',
    'a.8.12345678.1234567890123456789012.1.2',
    '.'.repeat(8_000),
  ])('of another form is refused: %j', async (answer) => {
    expect(await check.verify(answer, fan)).toEqual(fault('MALFORMED'))
  })

  test('is tried with one block of SHA-256, whatever the number', () => {
    const longest = challengeOf(
      proofOfWork({ secret, difficulty: 28, lifeMs: 3_600_000, now: () => 4e12 }),
      fan,
    )
    expect(`${longest}.${2 ** 31}`.length).toBeLessThan(56)
  })
})
