import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { BrowserRouter, Outlet, Route, Routes } from 'react-router'
import { isWorthRepeating, repeatAfterMs } from './api.ts'
import { PageFailure } from './parts/PageFailure.tsx'
import { Loading } from './parts/Loading.tsx'
import { Shell } from './parts/Shell.tsx'
import { NotFound } from './pages/NotFound.tsx'
import { buyingWords, loadWords, showsWords } from './words.ts'
import type { Book } from './words.ts'

const Concerts = lazy(() => withWords(showsWords, import('./pages/concerts/Concerts.tsx')))
const Concert = lazy(() => withWords(showsWords, import('./pages/concert/Concert.tsx')))
const Schedule = lazy(() => withWords(showsWords, import('./pages/schedule/Schedule.tsx')))
const WaitingRoom = lazy(() => import('./pages/waiting-room/WaitingRoom.tsx'))
const Seats = lazy(() => withWords(buyingWords, import('./pages/seats/Seats.tsx')))
const Reservation = lazy(() => withWords(buyingWords, import('./pages/reservation/Reservation.tsx')))
const MyReservations = lazy(() =>
  withWords(buyingWords, import('./pages/my-reservations/MyReservations.tsx')),
)
const Wallet = lazy(() => withWords(buyingWords, import('./pages/wallet/Wallet.tsx')))

const Console = lazy(() => import('./console/load-console.ts').then(({ loadConsole }) => loadConsole()))

const TRIES_MAX = 3

async function withWords<Page>(words: Book, page: Promise<Page>): Promise<Page> {
  await loadWords(words)
  return page
}

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Where there is no network a query fails, and the page says so; paused it would seem to load for ever.
      networkMode: 'always',
      staleTime: 2_000,
      retry: (failures, error) => failures < TRIES_MAX && isWorthRepeating(error),
      retryDelay: repeatAfterMs,
    },
    mutations: { networkMode: 'always', retry: false },
  },
})

/** All pages by their paths. Each is loaded when it is first shown. */
export function App() {
  return (
    <QueryClientProvider client={queries}>
      <BrowserRouter>
        <Routes>
          <Route
            path="console/*"
            element={
              <Suspense fallback={<Loading />}>
                <Console />
              </Suspense>
            }
          />
          <Route element={<FanPages />}>
            <Route index element={<Concerts />} />
            <Route path="concerts/:concertId" element={<Concert />} />
            <Route path="concerts/:concertId/schedules/:scheduleId" element={<Schedule />} />
            <Route path="concerts/:concertId/schedules/:scheduleId/line" element={<WaitingRoom />} />
            <Route path="concerts/:concertId/schedules/:scheduleId/seats" element={<Seats />} />
            <Route path="reservations" element={<MyReservations />} />
            <Route path="reservations/:reservationId" element={<Reservation />} />
            <Route path="wallet" element={<Wallet />} />
            <Route path="*" element={<NotFound />} />
          </Route>
        </Routes>
      </BrowserRouter>
    </QueryClientProvider>
  )
}

function FanPages() {
  return (
    <Shell>
      <PageFailure>
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </PageFailure>
    </Shell>
  )
}
