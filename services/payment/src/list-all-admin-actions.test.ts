import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { listAllAdminActions } from './list-all-admin-actions.ts'
import type { ReadActions } from './list-all-admin-actions.ts'

const action = (number: number) => ({
  actionId: `01890a5d-0000-7000-8000-${String(number).padStart(12, '0')}`,
  adminId: '1',
  role: 'admin',
  operation: 'steerWaitingRoom',
  method: 'PATCH',
  path: '/',
  body: '',
  requestId: 'r',
  outcome: 'DONE',
  status: 200,
  beganAtMs: 1,
  endedAtMs: 2,
})

function sourceOf(numbers: readonly number[]): ReadActions {
  const all = numbers.toSorted((a, b) => b - a).map(action)
  return ({ beforeActionId, limit }) =>
    Promise.resolve(
      all.filter(({ actionId }) => beforeActionId === undefined || actionId < beforeActionId).slice(0, limit),
    )
}

test('page after page, the logs of all services come as one: each action once, newest first', () =>
  fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { maxLength: 60 }),
      fc.integer({ min: 1, max: 9 }),
      async (numbers, limit) => {
        const services = ['queue', 'catalog', 'wallet'] as const
        const sources = services.map(
          (name, index) => [name, sourceOf(numbers.filter((number) => number % 3 === index))] as const,
        )
        const seen: string[] = []
        let beforeActionId: string | undefined
        do {
          const page = await listAllAdminActions(sources, {
            adminId: undefined,
            path: undefined,
            beforeActionId,
            limit,
          })
          for (const { actionId, service } of page.actions) {
            seen.push(actionId)
            expect(service).toBe(services[Number(actionId.slice(-12)) % 3])
          }
          expect(page.actions.length === limit || page.nextActionId === null).toBe(true)
          beforeActionId = page.nextActionId ?? undefined
        } while (beforeActionId !== undefined)
        expect(seen).toEqual(numbers.toSorted((a, b) => b - a).map((number) => action(number).actionId))
      },
    ),
  ))

test('a service that can not be asked fails the whole list', async () => {
  const away: ReadActions = () => Promise.reject(new Error('away'))
  const wanted = { adminId: undefined, path: undefined, beforeActionId: undefined, limit: 5 }
  await expect(
    listAllAdminActions(
      [
        ['queue', sourceOf([1])],
        ['wallet', away],
      ],
      wanted,
    ),
  ).rejects.toThrow('away')
})
