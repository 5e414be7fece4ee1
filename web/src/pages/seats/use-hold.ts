import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { api } from '../../api.ts'
import { settle } from '../../settle.ts'
import type { Unsettled } from '../../settle.ts'

/** What a person wants to hold: the best seats there are, or the ones that were pointed at. */
type Wish =
  { quantity: number; grade?: string; allowSplit?: true } | { seatIds: number[]; totalAmount: number }

/** The hold of a page. */
export interface Hold {
  take: (wish: Wish) => void
  isPending: boolean
  unsettled: Unsettled | undefined
  error: unknown
  /** What was asked for last. */
  wish: Wish | undefined
}

/** Holds seats once for each press, and goes on to paying for them. */
export function useHold(scheduleId: number): Hold {
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [unsettled, setUnsettled] = useState<Unsettled>()
  const holding = useMutation({
    mutationFn: async (wish: Wish) => {
      setUnsettled(undefined)
      const body = { scheduleId, ...wish }
      const answer = await settle({
        purpose: `hold.${scheduleId}`,
        body,
        tell: setUnsettled,
        send: (key) =>
          api.POST('/api/v1/reservations', { params: { header: { 'Idempotency-Key': key } }, body }),
      })
      return answer.data
    },
    onSuccess: ({ reservationId }) => {
      void queries.invalidateQueries({ queryKey: ['reservations'] })
      return navigate(`/reservations/${reservationId}`)
    },
    onError: () => void queries.invalidateQueries({ queryKey: ['schedule'] }),
  })
  return {
    take: (wish) => {
      if (!holding.isPending) holding.mutate(wish)
    },
    isPending: holding.isPending,
    unsettled,
    error: holding.error,
    wish: holding.variables,
  }
}
