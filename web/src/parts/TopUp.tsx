import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useId, useState } from 'react'
import { api } from '../api.ts'
import { settle } from '../settle.ts'
import type { Unsettled } from '../settle.ts'
import { testCards } from '../test-cards.ts'
import { amountProblem, readAmount } from '../top-up-amount.ts'
import { useWords } from '../use-words.ts'
import { Button } from './Button.tsx'
import { Choices } from './Choices.tsx'
import { Note } from './Note.tsx'
import { RefusalNote } from './RefusalNote.tsx'
import styles from './TopUp.module.css'

const STEP = 10_000

/** Puts money into the wallet from a card. `atLeast` is what is missing, which the form begins with, rounded up. */
export function TopUp({ userId, atLeast, why }: { userId: string; atLeast?: number; why?: string }) {
  const { t, money } = useWords()
  const amountId = useId()
  const problemId = useId()
  const [text, setText] = useState(String(Math.ceil((atLeast ?? 100_000) / STEP) * STEP))
  const [card, setCard] = useState<string>('tok_approved')
  const [isAsked, setIsAsked] = useState(false)
  const charge = useCharge(userId)
  const amount = readAmount(text)
  const problem = amountProblem(amount)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setIsAsked(true)
    if (problem === undefined && amount !== undefined && !charge.isPending)
      charge.put({ amount, card: { token: card } })
  }
  return (
    <form className={styles['form']} onSubmit={submit} noValidate>
      {why === undefined ? null : <p>{why}</p>}
      <div className={styles['field']}>
        <label htmlFor={amountId}>{t('topUp.amount')}</label>
        <input
          id={amountId}
          inputMode="numeric"
          autoComplete="off"
          value={text}
          onChange={({ target }) => setText(target.value)}
          aria-invalid={isAsked && problem !== undefined}
          aria-describedby={problemId}
        />
        <p id={problemId} className={styles['problem']} role="alert">
          {isAsked && problem !== undefined ? t(`topUp.problem.${problem}`) : ''}
        </p>
      </div>
      <Choices
        legend={t('topUp.card')}
        value={card}
        onChange={setCard}
        options={testCards.map(({ token, name }) => ({
          value: token,
          label: t(`card.${name}`),
          detail: t('card.test'),
        }))}
      />
      {charge.isPending && charge.unsettled !== undefined ? (
        <Note>{t(`unsettled.${charge.unsettled}`)}</Note>
      ) : null}
      {charge.error === null || charge.isPending ? null : <RefusalNote error={charge.error} />}
      {charge.charged === undefined ? null : (
        <Note kind="good">{t('topUp.done', { amount: money(charge.charged) })}</Note>
      )}
      <p>
        <Button type="submit" isDisabled={charge.isPending}>
          {charge.isPending ? t('topUp.working') : t('topUp.submit')}
        </Button>
      </p>
    </form>
  )
}

interface ChargeBody {
  amount: number
  card: { token: string }
}

function useCharge(userId: string) {
  const queries = useQueryClient()
  const [unsettled, setUnsettled] = useState<Unsettled>()
  const charging = useMutation({
    mutationFn: async (body: ChargeBody) => {
      setUnsettled(undefined)
      const { data } = await settle({
        purpose: `charge.${userId}`,
        body,
        tell: setUnsettled,
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
  return {
    put: charging.mutate,
    isPending: charging.isPending,
    error: charging.error,
    charged: charging.data,
    unsettled,
  }
}
