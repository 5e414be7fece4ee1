import { useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useId, useState } from 'react'
import { api } from '../api.ts'
import { useNewCard } from '../cards/use-new-card.tsx'
import { digitsOf } from '../formats.ts'
import { settle } from '../settle.ts'
import { testCards } from '../test-cards.ts'
import { readAmount } from '../top-up-amount.ts'
import type { Installation } from '../installation.ts'
import { useInstallation } from '../use-installation.ts'
import { useOnce } from '../use-once.ts'
import type { Once } from '../use-once.ts'
import { useWords } from '../use-words.ts'
import { Button } from './Button.tsx'
import { Choices } from './Choices.tsx'
import { Loading } from './Loading.tsx'
import { Note } from './Note.tsx'
import { OnceNote } from './OnceNote.tsx'
import styles from './TopUp.module.css'

const STEP = 10_000

/** Puts money into the wallet from a card. `atLeast` is what is missing, which the form begins with, rounded up. */
export function TopUp({ userId, atLeast }: { userId: string; atLeast?: number }) {
  const { t } = useWords()
  const installation = useInstallation()
  const charge = useCharge(userId)
  if (installation === undefined) return <Loading />
  const { testCards: offersTestCards, stripePublishableKey } = installation
  if (!offersTestCards && stripePublishableKey === undefined) return <p>{t('topUp.noCards')}</p>
  if (charge.open !== undefined) return <OnceNote once={charge} />
  return <TopUpForm charge={charge} installation={installation} atLeast={atLeast ?? 100_000} />
}

function TopUpForm({
  charge,
  installation,
  atLeast,
}: {
  charge: Once<ChargeBody, number>
  installation: Installation
  atLeast: number
}) {
  const { t, money } = useWords()
  const amountId = useId()
  const problemId = useId()
  const { chargeAmountMin, chargeAmountMax } = installation
  const digits = digitsOf(installation.currency)
  const [text, setText] = useState(() => String(firstAmount(atLeast, installation) / 10 ** digits))
  const [testCard, setTestCard] = useState<string>('tok_approved')
  const [isAsked, setIsAsked] = useState(false)
  const typed = readAmount(text, digits, installation)
  const card = useNewCard('amount' in typed ? typed.amount : chargeAmountMin)
  const isReal = installation.stripePublishableKey !== undefined
  const isBusy = charge.isPending || card.isMaking
  const problem = 'problem' in typed ? typed.problem : undefined
  const limit = (problem === 'large' ? chargeAmountMax : chargeAmountMin) / 10 ** digits
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setIsAsked(true)
    if (!('amount' in typed) || isBusy) return
    const { amount } = typed
    const press = (token: string): void => charge.press({ amount, card: { token } })
    if (isReal) card.make(press)
    else press(testCard)
  }
  return (
    <form className={styles['form']} onSubmit={submit} noValidate>
      <div className={styles['field']}>
        <label htmlFor={amountId}>{t('topUp.amount')}</label>
        <input
          id={amountId}
          inputMode={digits === 0 ? 'numeric' : 'decimal'}
          autoComplete="off"
          value={text}
          onChange={({ target }) => setText(target.value)}
          aria-invalid={isAsked && problem !== undefined}
          aria-describedby={problemId}
        />
        <p id={problemId} className={styles['problem']} role="alert">
          {isAsked && problem !== undefined ? t(`topUp.problem.${problem}`, { limit }) : ''}
        </p>
      </div>
      {isReal ? (
        <>
          {card.form}
          <p>{t('topUp.noSteps')}</p>
        </>
      ) : (
        <Choices
          legend={t('topUp.card')}
          value={testCard}
          onChange={setTestCard}
          options={testCards.map(({ token, name }) => ({
            value: token,
            label: t(`card.${name}`),
            detail: t('card.test'),
          }))}
        />
      )}
      {card.isWrong ? null : <OnceNote once={charge} />}
      {charge.data === undefined || card.isWrong ? null : (
        <Note kind="good">{t('topUp.done', { amount: money(charge.data) })}</Note>
      )}
      <p>
        <Button isOnce type="submit" isDisabled={isBusy || (isReal && !card.isReady)}>
          {isBusy ? t('topUp.working') : t('topUp.submit')}
        </Button>
      </p>
    </form>
  )
}

/** What is missing, rounded up, as far as one charge may go. */
function firstAmount(atLeast: number, { chargeAmountMin, chargeAmountMax }: Installation): number {
  const rounded = Math.ceil(atLeast / STEP) * STEP
  return Math.min(chargeAmountMax, Math.max(chargeAmountMin, rounded))
}

interface ChargeBody {
  amount: number
  card: { token: string }
}

/** Puts money in once, also through a reload. */
function useCharge(userId: string): Once<ChargeBody, number> {
  const queries = useQueryClient()
  const purpose = `charge.${userId}`
  return useOnce({
    purpose,
    read: readChargeBody,
    run: async (body, tell) => {
      const { data } = await settle({
        purpose,
        body,
        tell,
        send: (key) =>
          api.POST('/api/v1/users/{userId}/balance/charge', {
            params: { path: { userId }, header: { 'Idempotency-Key': key } },
            body,
          }),
      })
      return data.chargedAmount
    },
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['balance', userId] }),
        queries.invalidateQueries({ queryKey: ['wallet-history', userId] }),
      ]),
  })
}

/** Reads the request of a try that was kept; undefined for what is none. */
function readChargeBody(body: unknown): ChargeBody | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { amount, card } = Object.fromEntries(Object.entries(body))
  if (typeof amount !== 'number' || typeof card !== 'object' || card === null) return undefined
  return 'token' in card && typeof card.token === 'string'
    ? { amount, card: { token: card.token } }
    : undefined
}
