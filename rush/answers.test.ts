import { expect, test } from '@jest/globals'
import type { AnswerOf, DataOf } from '@frontrow/client/routes'
import type { z } from 'zod'
import type * as answers from './answers.ts'

// The checks here are those of the compiler, in `npm run check:types`.

/** Whether a schema takes all that the API reference promises. */
type Takes<Name extends keyof typeof answers, Documented> = [Documented] extends [
  (typeof answers)[Name] extends z.ZodType ? z.input<(typeof answers)[Name]> : never,
]
  ? true
  : false

test('the answers that the rush reads are those of the API reference', () => {
  const claims: [
    Takes<'placeAnswer', DataOf<'get', '/api/v1/queue/tokens/me'>>,
    Takes<'joinAnswer', DataOf<'post', '/api/v1/queue/tokens'>>,
    Takes<'nowServingAnswer', DataOf<'get', '/api/v1/queue/schedules/{scheduleId}/now-serving'>>,
    Takes<'seatMapAnswer', DataOf<'get', '/api/v1/concerts/{concertId}/schedules/{scheduleId}/seats'>>,
    Takes<'holdAnswer', Extract<AnswerOf<'post', '/api/v1/reservations'>, { status: 201 }>['data']>,
    Takes<'reservationAnswer', DataOf<'get', '/api/v1/reservations/{reservationId}'>>,
    Takes<'paymentAnswer', DataOf<'get', '/api/v1/payments/{paymentId}'>>,
    Takes<'paymentAnswer', Extract<AnswerOf<'post', '/api/v1/payments'>, { status: 201 }>['data']>,
    Takes<'chargeAnswer', DataOf<'post', '/api/v1/users/{userId}/balance/charge'>>,
    Takes<'chargeStateAnswer', DataOf<'get', '/api/v1/users/{userId}/balance/charges/{transactionId}'>>,
    Takes<'cancelAnswer', DataOf<'post', '/api/v1/reservations/{reservationId}/cancel'>>,
    Takes<'balanceAnswer', DataOf<'get', '/api/v1/users/{userId}/balance'>>,
    Takes<'roomAnswer', DataOf<'get', '/api/v1/admin/queues/{scheduleId}'>>,
    Takes<'auditAnswer', DataOf<'get', '/api/v1/admin/audit'>>,
  ] = [true, true, true, true, true, true, true, true, true, true, true, true, true, true]
  expect(claims).not.toContain(false)
})
