import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from 'react-router'
import { api } from '../../api.ts'
import { placeHeader } from '../../place-token.ts'
import { settle } from '../../settle.ts'
import { useOnce } from '../../use-once.ts'
import type { Once } from '../../use-once.ts'
import { readHoldBody } from './wish.ts'
import type { HoldBody, Wish } from './wish.ts'

/** A hold whose end is unknown for longer is over, and its seats are free again. */
const HOLD_MS = 5 * 60_000

/** The hold of a page. */
export interface Hold {
  once: Once<HoldBody, { reservationId: string }>
  /** Holds seats, or goes on with an earlier wish whose end is unknown. */
  take: (wish: Wish) => void
}

/** Holds seats once for each press, also through a reload, and goes on to paying for them. */
export function useHold(userId: string, scheduleId: number): Hold {
  const navigate = useNavigate()
  const queries = useQueryClient()
  const purpose = `hold.${userId}.${scheduleId}`
  const once = useOnce({
    purpose,
    lifeMs: HOLD_MS,
    read: (body) => readHoldBody(body, scheduleId),
    run: async (body: HoldBody, tell) => {
      const answer = await settle({
        purpose,
        body,
        tell,
        send: (key) =>
          api.POST('/api/v1/reservations', {
            params: { header: { 'Idempotency-Key': key } },
            ...placeHeader(scheduleId),
            body,
          }),
      })
      return answer.data
    },
    onSuccess: ({ reservationId }) => {
      void queries.invalidateQueries({ queryKey: ['reservations'] })
      return navigate(`/reservations/${reservationId}`)
    },
    onError: () => void queries.invalidateQueries({ queryKey: ['schedule'] }),
  })
  return { once, take: (wish) => once.press({ scheduleId, ...wish }) }
}
