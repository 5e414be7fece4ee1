import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useState } from 'react'
import { api } from '../../api.ts'
import { forgetTry, keptTry } from '../../kept-tries.ts'
import { reservationQuery } from '../../queries.ts'
import type { Reservation } from '../../queries.ts'
import { settle } from '../../settle.ts'
import type { Unsettled } from '../../settle.ts'
import { paymentBody, readPaymentBody } from './payment-body.ts'
import type { PaymentBody, PaymentMethod } from './payment-body.ts'

/** The payment of a reservation. */
export interface Payment {
  pay: (method: PaymentMethod) => void
  isPending: boolean
  unsettled: Unsettled | undefined
  error: unknown
}

/**
 * Pays once: a second press while the first is at work does nothing, and a payment that a reload or a lost connection cut off goes on
 * by itself, under its key.
 */
export function usePayment(reservation: Reservation): Payment {
  const { reservationId } = reservation
  const queries = useQueryClient()
  const purpose = `pay.${reservationId}`
  const [unsettled, setUnsettled] = useState<Unsettled>()
  const paying = useMutation({
    mutationFn: (body: PaymentBody) => {
      setUnsettled(undefined)
      return settle({
        purpose,
        body,
        tell: setUnsettled,
        send: (key) => api.POST('/api/v1/payments', { params: { header: { 'Idempotency-Key': key } }, body }),
      })
    },
    // The reservation itself says what came of it.
    onSettled: () =>
      Promise.all(
        [reservationQuery(reservationId).queryKey, ['reservations'], ['balance'], ['wallet-history']].map(
          (queryKey) => queries.invalidateQueries({ queryKey }),
        ),
      ),
  })
  const goOn = useEffectEvent(() => {
    const kept = keptTry(purpose)
    if (kept === undefined || paying.isPending) return
    const body = readPaymentBody(kept.body, reservationId)
    if (body === undefined) forgetTry(purpose)
    else paying.mutate(body)
  })
  useEffect(() => goOn(), [purpose])
  return {
    pay: (method) => {
      if (!paying.isPending) paying.mutate(paymentBody(reservation, method))
    },
    isPending: paying.isPending,
    unsettled,
    error: paying.error,
  }
}
