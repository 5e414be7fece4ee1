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
const holds = <Claim extends true>(claim?: Claim): void => void claim

test('the answers that the rush reads are those of the API reference', () => {
  holds<Takes<'placeAnswer', DataOf<'get', '/api/v1/queue/tokens/me'>>>()
  holds<Takes<'joinAnswer', DataOf<'post', '/api/v1/queue/tokens'>>>()
  holds<Takes<'nowServingAnswer', DataOf<'get', '/api/v1/queue/schedules/{scheduleId}/now-serving'>>>()
  holds<Takes<'seatMapAnswer', DataOf<'get', '/api/v1/concerts/{concertId}/schedules/{scheduleId}/seats'>>>()
  holds<Takes<'holdAnswer', Extract<AnswerOf<'post', '/api/v1/reservations'>, { status: 201 }>['data']>>()
  holds<Takes<'reservationAnswer', DataOf<'get', '/api/v1/reservations/{reservationId}'>>>()
  holds<Takes<'paymentAnswer', DataOf<'get', '/api/v1/payments/{paymentId}'>>>()
  holds<Takes<'paymentAnswer', Extract<AnswerOf<'post', '/api/v1/payments'>, { status: 201 }>['data']>>()
  holds<Takes<'chargeAnswer', DataOf<'post', '/api/v1/users/{userId}/balance/charge'>>>()
  holds<Takes<'chargeStateAnswer', DataOf<'get', '/api/v1/users/{userId}/balance/charges/{transactionId}'>>>()
  holds<Takes<'cancelAnswer', DataOf<'post', '/api/v1/reservations/{reservationId}/cancel'>>>()
  holds<Takes<'balanceAnswer', DataOf<'get', '/api/v1/users/{userId}/balance'>>>()
  holds<Takes<'roomAnswer', DataOf<'get', '/api/v1/admin/queues/{scheduleId}'>>>()
  holds<Takes<'auditAnswer', DataOf<'get', '/api/v1/admin/audit'>>>()
  expect.assertions(0)
})
