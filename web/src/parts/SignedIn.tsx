import type { ReactNode } from 'react'
import { beginSignIn } from '../sign-in.ts'
import { useReturnTo, useSignIn } from '../use-sign-in.ts'
import { useWords } from '../use-words.ts'
import { Button } from './Button.tsx'
import { Loading } from './Loading.tsx'

/** Shows what is for a person who is signed in; anybody else is asked to sign in, and comes back here. */
export function SignedIn({ why, children }: { why: string; children: (userId: string) => ReactNode }) {
  const { t } = useWords()
  const returnTo = useReturnTo()
  const signIn = useSignIn()
  if (signIn.status === 'starting') return <Loading />
  if (signIn.status === 'signed-in') return children(signIn.userId)
  return (
    <div>
      <p>{signIn.why === 'ended' ? t('signInEnded') : why}</p>
      <p>
        <Button look="main" onPress={() => void beginSignIn(returnTo)}>
          {t('signIn')}
        </Button>
      </p>
    </div>
  )
}
