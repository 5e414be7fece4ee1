import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { perSecond, publicRoutes } from './public-routes-limits.ts'
import type { PublicRoute } from './public-routes-limits.ts'

const CORE_MS_MAX = 50
const CORE_MS_MAX_OF_ALL = 75

const document = z
  .object({
    paths: z.record(
      z.string(),
      z.record(z.string(), z.object({ security: z.array(z.unknown()).optional() })),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../docs/openapi.json', import.meta.url), 'utf8')))

test('every operation that needs no token has a cost that was measured', () => {
  const open = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { security = [] }]) =>
      security.length === 0 ? [`${method} ${path}`] : [],
    ),
  )
  expect(publicRoutes.flatMap(({ operation = [] }) => operation).toSorted()).toEqual(open.toSorted())
  for (const route of publicRoutes) expect([route.what, route.measuredMs > 0]).toEqual([route.what, true])
})

test.each(publicRoutes)(
  '$what: one address takes no more than a twentieth of a core in a second',
  ({ measuredMs, limit }) => {
    expect(measuredMs * perSecond[limit]).toBeLessThanOrEqual(CORE_MS_MAX)
  },
)

test('nor more than 7.5 % of one, if it asks for the dearest of each limit at once', () => {
  // Whatever counts for another limit counts as a request of the address too.
  const dearest = (wanted: PublicRoute['limit']): number =>
    Math.max(...publicRoutes.filter(({ limit }) => limit === wanted).map(({ measuredMs }) => measuredMs))
  const kinds = ['LOG_PAGES', 'READS', 'SCHEDULES', 'ANONYMOUS'] as const
  const ofKinds = kinds.reduce((sum, kind) => sum + dearest(kind) * perSecond[kind], 0)
  const others = perSecond.REQUESTS - kinds.reduce((sum, kind) => sum + perSecond[kind], 0)
  expect(ofKinds + dearest('REQUESTS') * others).toBeLessThanOrEqual(CORE_MS_MAX_OF_ALL)
})
