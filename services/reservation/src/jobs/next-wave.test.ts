import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { NextJob } from './job.ts'
import { nextWave } from './next-wave.ts'

const anyJobs = fc
  .array(
    fc.record({
      userId: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      choice: fc.oneof(
        fc.record({
          seatIds: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 }),
        }),
        fc.record({ quantity: fc.integer({ min: 1, max: 6 }) }),
      ),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((jobs) => jobs.map((job, jobNumber): NextJob => ({ ...job, jobNumber })))

const seatsOf = ({ choice }: NextJob): readonly number[] => ('seatIds' in choice ? choice.seatIds : [])

const canRefuse = (first: NextJob, second: NextJob): boolean =>
  first.userId === second.userId ||
  'seatIds' in first.choice !== 'seatIds' in second.choice ||
  seatsOf(first).some((seatId) => seatsOf(second).includes(seatId))

test('a wave is the longest beginning of the line in which no two jobs can refuse each other', () => {
  fc.assert(
    fc.property(anyJobs, (jobs) => {
      const wave = nextWave(jobs)
      expect(wave).toEqual(jobs.slice(0, wave.length))
      for (const [index, one] of wave.entries()) {
        expect(wave.slice(index + 1).filter((other) => canRefuse(one, other))).toEqual([])
      }
      const behind = jobs[wave.length]
      if (behind !== undefined) expect(wave.some((one) => canRefuse(one, behind))).toBe(true)
    }),
  )
})
