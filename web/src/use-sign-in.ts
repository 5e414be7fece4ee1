import { useSyncExternalStore } from 'react'
import { useLocation } from 'react-router'
import { currentSignIn, watchSignIn } from './sign-in.ts'
import type { SignIn } from './sign-in.ts'

/** Who is using the pages. */
export function useSignIn(): SignIn {
  return useSyncExternalStore(watchSignIn, currentSignIn)
}

/** Where a person who signs in comes back to: the page of now, with what it shows. */
export function useReturnTo(): string {
  const { pathname, search } = useLocation()
  return pathname + search
}
