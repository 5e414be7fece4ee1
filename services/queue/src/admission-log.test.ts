import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { chainAdmissions, commitmentTo, genesisHash } from './admission-log.ts'

const time = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 })
const admissions = fc.array(
  fc.record({
    sequence: fc.integer({ min: 1, max: 1_000_000 }),
    enteredAtMs: time,
    admittedAtMs: time,
    active: fc.nat(1_000),
    maxActive: fc.option(fc.integer({ min: 1, max: 1_000 })),
    admitPerSecond: fc.integer({ min: 1, max: 100 }),
  }),
  { minLength: 1, maxLength: 20 },
)
const emptyLog = { length: 0, head: genesisHash(7, 'c') }

test('an entry is hashed as docs/fairness.md says', () => {
  const commitment = commitmentTo(Buffer.alloc(32))
  expect(commitment).toBe('66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925')
  const genesis = createHash('sha256').update(`frontrow:admissions:7:${commitment}`).digest()
  expect(genesisHash(7, commitment)).toEqual(genesis)
  const admission = { sequence: 12, enteredAtMs: 0, admittedAtMs: 1, active: 1, admitPerSecond: 5 }
  const [off, on] = chainAdmissions({ length: 4, head: genesis }, [
    { ...admission, maxActive: null },
    { ...admission, maxActive: 9 },
  ])
  const times = '1970-01-01T00:00:00.000Z|1970-01-01T00:00:00.001Z'
  const first = createHash('sha256')
    .update(`${genesis.toString('hex')}|5|12|${times}|1||5`)
    .digest('hex')
  expect(off?.hash.toString('hex')).toBe(first)
  expect(on?.hash).toEqual(createHash('sha256').update(`${first}|6|12|${times}|1|9|5`).digest())
})

test('the log is the same whether it is appended in parts or at once', () => {
  fc.assert(
    fc.property(admissions, fc.nat(20), (list, cut) => {
      const whole = chainAdmissions(emptyLog, list)
      const first = chainAdmissions(emptyLog, list.slice(0, cut))
      const last = first.at(-1)
      const head = last === undefined ? emptyLog : { length: last.number, head: last.hash }
      expect([...first, ...chainAdmissions(head, list.slice(cut))]).toEqual(whole)
    }),
  )
})

test('a change of any field of an entry changes the last hash of the log', () => {
  fc.assert(
    fc.property(
      admissions,
      fc.nat(),
      fc.constantFrom('sequence', 'enteredAtMs', 'admittedAtMs', 'active', 'admitPerSecond'),
      (list, at, field) => {
        const changed = list.map((one, index) =>
          index === at % list.length ? { ...one, [field]: one[field] + 1 } : one,
        )
        expect(chainAdmissions(emptyLog, changed).at(-1)?.hash).not.toEqual(
          chainAdmissions(emptyLog, list).at(-1)?.hash,
        )
      },
    ),
  )
})
