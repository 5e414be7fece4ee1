import { expect, test } from '@jest/globals'
import { Findings } from './findings.ts'

function checkOf(offenders: number) {
  const findings = new Findings()
  let described = 0
  for (let offender = 1; offender <= offenders; offender += 1) {
    findings.add(() => {
      described += 1
      return `offender ${offender}`
    })
  }
  return { ...findings.toCheck('nobody offends', '7 rows'), described }
}

test('a rule against which nothing offends holds, and says what was looked at', () => {
  expect(checkOf(0)).toEqual({ name: 'nobody offends', outcome: 'holds', lines: ['7 rows'], described: 0 })
})

test('up to five offenders are shown, and of more it is said how many', () => {
  const five = [1, 2, 3, 4, 5].map((offender) => `offender ${offender}`)
  expect(checkOf(5)).toMatchObject({ outcome: 'broken', lines: five })
  expect(checkOf(6)).toMatchObject({ outcome: 'broken', lines: [...five, 'and 1 more'] })
  // A rewritten log offends at every number: only what is shown is put into words.
  expect(checkOf(2_005)).toMatchObject({ lines: [...five, 'and 2,000 more'], described: 5 })
})
