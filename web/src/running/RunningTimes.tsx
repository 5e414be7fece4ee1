import { lazy, Suspense } from 'react'
import { useLocation } from 'react-router'
import { Extra } from '../parts/PageFailure.tsx'
import { useSignIn } from '../use-sign-in.ts'
import { toldOn } from './running.ts'
import { useRunning } from './running-store.ts'

const TRIES_MAX = 5

const RunningBar = lazy(loadWhenOnline)

/** At the top of every page: what of this person's runs out, and the way back to it. Nothing is loaded where there is nothing. */
export function RunningTimes() {
  const { pathname } = useLocation()
  const signIn = useSignIn()
  const told = toldOn(useRunning(), pathname)
  // Seats that were held on another device are asked for once, and not by the crowd that waits.
  const asks = signIn.status === 'signed-in' && !pathname.endsWith('/line')
  if (told.length === 0 && !asks) return null
  return (
    <Extra>
      <Suspense fallback={null}>
        <RunningBar told={told} isSignedIn={signIn.status === 'signed-in'} asks={asks} />
      </Suspense>
    </Extra>
  )
}

/** What fails to load once stays failed for `lazy`, so a bar that is asked for without a network is asked for again with it. */
async function loadWhenOnline() {
  for (let tries = 1; ; tries += 1) {
    try {
      const { loadRunningBar } = await import('./load-running-bar.ts')
      return await loadRunningBar()
    } catch (error) {
      if (navigator.onLine || tries === TRIES_MAX) throw error
      await new Promise((resolve) => window.addEventListener('online', resolve, { once: true }))
    }
  }
}
