import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { Loading } from '../parts/Loading.tsx'
import { useIsDark } from '../use-is-dark.ts'
import { useWords } from '../use-words.ts'
import { CardProblemNote } from './CardProblemNote.tsx'
import { showStripeForm } from './stripe.ts'
import type { StripeForm } from './stripe.ts'

/** Stripe's form for a card. `onForm` gets it when it can be used, and undefined when it is gone. */
export default function CardForm({
  amount,
  currency,
  publishableKey,
  onForm,
}: {
  amount: number
  currency: string
  publishableKey: string
  onForm: (form: StripeForm | undefined) => void
}) {
  const { language } = useWords()
  const isDark = useIsDark()
  const place = useRef<HTMLDivElement>(null)
  const [form, setForm] = useState<StripeForm>()
  const [problem, setProblem] = useState<unknown>()
  const [tries, setTries] = useState(0)
  const know = useEffectEvent((next: StripeForm | undefined) => {
    setForm(next)
    onForm(next)
  })
  const show = useEffectEvent(async (element: HTMLElement, signal: AbortSignal) => {
    setProblem(undefined)
    try {
      const options = { publishableKey, amount, currency, language, isDark }
      const shown = await showStripeForm(element, options, signal)
      if (!signal.aborted) know(shown)
    } catch (error) {
      if (!signal.aborted) setProblem(error)
    }
  })
  useEffect(() => {
    const gone = new AbortController()
    if (place.current !== null) void show(place.current, gone.signal)
    return () => {
      gone.abort()
      know(undefined)
    }
  }, [publishableKey, currency, tries])
  useEffect(() => form?.update({ amount, language, isDark }), [form, amount, language, isDark])
  return (
    <div>
      {form === undefined && problem === undefined ? <Loading /> : null}
      {problem === undefined ? null : (
        <CardProblemNote problem={problem} onRetry={() => setTries(tries + 1)} />
      )}
      <div ref={place} />
    </div>
  )
}
