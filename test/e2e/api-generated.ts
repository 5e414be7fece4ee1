import { describe, expect, test } from '@jest/globals'
import { tokenFor } from '@frontrow/test-kit/test-environment'
import { tryReference } from '../api/try-reference.ts'
import type { OnSaleNetwork } from './on-sale-network.ts'

// Of each route, the same each time. Five were 3,600 requests for the user and as many for the admin, two minutes of CI on a slow machine.
const EXAMPLES = 3
const DEADLINE_MS = 380_000

/**
 * Asks what schemathesis makes of the reference. `.ci/run` names the virtual environment it is in; without one, as it is Python's and
 * `npm test` needs none, this is skipped.
 */
export function testGeneratedRequests(network: () => OnSaleNetwork): void {
  const environment = process.env['SCHEMATHESIS'] ?? ''
  const tests = environment === '' ? test.skip : test

  describe('no request that is made of the reference has an answer that it does not have', () => {
    // The user is the one that the examples of the reference name.
    tests.each([
      ['a user', false],
      ['an admin', true],
    ])(
      'as %s',
      async (_who, admin) => {
        const { status, output } = await tryReference({
          environment,
          url: network().url,
          token: await tokenFor(admin ? 'generated-admin' : '101', { admin }),
          args: [`--max-examples=${EXAMPLES}`, '--generation-deterministic'],
          deadlineMs: DEADLINE_MS,
        })
        expect([status, status === 0 ? '' : output]).toEqual([0, ''])
      },
      DEADLINE_MS + 10_000,
    )
  })
}
