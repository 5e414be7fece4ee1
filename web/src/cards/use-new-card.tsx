import { useMutation } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import type { ReactNode } from 'react'
import { Loading } from '../parts/Loading.tsx'
import { PartFailure } from '../parts/PageFailure.tsx'
import { useInstallation } from '../use-installation.ts'
import { CardProblemNote } from './CardProblemNote.tsx'
import type { StripeForm } from './stripe.ts'

const CardForm = lazy(() => import('./CardForm.tsx'))

/** A card that is typed into Stripe's form. */
export interface NewCard {
  /** The form and what is wrong with what it has; null where the installation takes no real cards. */
  form: ReactNode
  isReady: boolean
  /** Whether the last try to make a card failed, which `form` says. */
  isWrong: boolean
  /** Whether a card is being made of what was typed. */
  isMaking: boolean
  /** Makes the card, and hands its token on; once at a time. Where the page is left meanwhile, nothing is handed on. */
  make: (use: (token: string) => void) => void
}

/** The form for a card with which `amount` is to be paid. It is loaded with the first page that shows it. */
export function useNewCard(amount: number): NewCard {
  const installation = useInstallation()
  const [form, setForm] = useState<StripeForm>()
  const making = useMutation({ mutationFn: (shown: StripeForm) => shown.makeCard() })
  const publishableKey = installation?.stripePublishableKey
  return {
    form:
      installation === undefined || publishableKey === undefined ? null : (
        <>
          <PartFailure>
            <Suspense fallback={<Loading />}>
              <CardForm
                amount={amount}
                currency={installation.currency}
                publishableKey={publishableKey}
                onForm={setForm}
              />
            </Suspense>
          </PartFailure>
          {making.isError ? <CardProblemNote problem={making.error} /> : null}
        </>
      ),
    isReady: form !== undefined,
    isWrong: making.isError,
    isMaking: making.isPending,
    make: (use) => {
      if (form !== undefined && !making.isPending) making.mutate(form, { onSuccess: (token) => use(token) })
    },
  }
}
