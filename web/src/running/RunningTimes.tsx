import { lazy, Suspense } from 'react'
import { useLocation } from 'react-router'
import { useSignIn } from '../use-sign-in.ts'
import { toldOn } from './running.ts'
import { useRunning } from './running-store.ts'

const RunningBar = lazy(() => import('./load-running-bar.ts').then(({ loadRunningBar }) => loadRunningBar()))

/** At the top of every page: what of this person's runs out, and the way back to it. Nothing is loaded where there is nothing. */
export function RunningTimes() {
  const { pathname } = useLocation()
  const signIn = useSignIn()
  const told = toldOn(useRunning(), pathname)
  // Seats that were held on another device are asked for once, and not by the crowd that waits.
  const asks = signIn.status === 'signed-in' && !pathname.endsWith('/line')
  if (told.length === 0 && !asks) return null
  return (
    <Suspense fallback={null}>
      <RunningBar told={told} isSignedIn={signIn.status === 'signed-in'} asks={asks} />
    </Suspense>
  )
}
