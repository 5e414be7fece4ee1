import { lazy, Suspense } from 'react'
import { Loading } from '../parts/Loading.tsx'
import { PartFailure } from '../parts/PageFailure.tsx'

const Tickets = lazy(() => import('./Tickets.tsx'))

/** The tickets, with what draws them: nobody loads that who has none. */
export function LazyTickets({ reservationId }: { reservationId: string }) {
  return (
    <PartFailure>
      <Suspense fallback={<Loading />}>
        <Tickets reservationId={reservationId} />
      </Suspense>
    </PartFailure>
  )
}
