import { useSyncExternalStore } from 'react'
import { currentSignIn, watchSignIn } from './sign-in.ts'
import type { SignIn } from './sign-in.ts'

/** Who is using the pages. */
export function useSignIn(): SignIn {
  return useSyncExternalStore(watchSignIn, currentSignIn)
}
