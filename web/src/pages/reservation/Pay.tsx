import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { isRefusal } from '../../api.ts'
import { Button } from '../../parts/Button.tsx'
import { Choices } from '../../parts/Choices.tsx'
import { Note } from '../../parts/Note.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import { TopUp } from '../../parts/TopUp.tsx'
import { balanceQuery } from '../../queries.ts'
import type { Reservation } from '../../queries.ts'
import { testCards } from '../../test-cards.ts'
import { useWords } from '../../use-words.ts'
import { usePayment } from './use-payment.ts'
import type { Payment } from './use-payment.ts'
import styles from './Reservation.module.css'

const WALLET = 'wallet'

/** Pays for a hold: from the wallet or by card. `isOver`: its time is up, so that only a payment at work is shown. */
export function Pay({
  reservation,
  userId,
  isOver,
}: {
  reservation: Reservation
  userId: string
  isOver: boolean
}) {
  const { t, money } = useWords()
  const headingId = useId()
  const payment = usePayment(reservation)
  const balance = useQuery(balanceQuery(userId))
  const [way, setWay] = useState(WALLET)
  const { totalAmount } = reservation
  const missing = Math.max(0, totalAmount - (balance.data?.currentBalance ?? totalAmount))
  const byWallet = way === WALLET
  if (isOver) return <Progress payment={payment} />
  return (
    <section aria-labelledby={headingId} className={styles['pay']}>
      <h2 id={headingId}>{t('pay.title')}</h2>
      <Choices
        legend={t('pay.method')}
        value={way}
        onChange={setWay}
        options={[
          {
            value: WALLET,
            label: t('pay.wallet'),
            ...(balance.data === undefined ? {} : { detail: money(balance.data.currentBalance) }),
          },
          ...testCards.map(({ token, name }) => ({
            value: token,
            label: t(`card.${name}`),
            detail: t('card.test'),
          })),
        ]}
      />
      {byWallet && balance.isError ? (
        <RefusalNote error={balance.error} onRetry={() => void balance.refetch()} />
      ) : null}
      {byWallet && missing > 0 && !payment.isPending ? (
        <TopUp userId={userId} atLeast={missing} why={t('pay.missing', { amount: money(missing) })} />
      ) : null}
      <Progress payment={payment} />
      <p>
        <Button
          look="main"
          isDisabled={payment.isPending || (byWallet && missing > 0)}
          onPress={() => payment.pay(byWallet ? 'BALANCE' : { card: way })}
        >
          {payment.isPending ? t('pay.paying') : t('pay.pay', { amount: money(totalAmount) })}
        </Button>
      </p>
    </section>
  )
}

function Progress({ payment: { isPending, unsettled, error } }: { payment: Payment }) {
  const { t } = useWords()
  if (isPending) return unsettled === undefined ? null : <Note>{t(`unsettled.${unsettled}`)}</Note>
  // Paid by another try of the same person, in another tab: the reservation says so.
  if (error === null || isRefusal(error, 'ALREADY_PAID')) return null
  return <RefusalNote error={error}>{moneyCame(error) ? <p>{t('pay.moneyBack')}</p> : null}</RefusalNote>
}

function moneyCame(error: unknown): boolean {
  if (!(error instanceof Error) || !('details' in error)) return false
  const { details } = error
  return (
    typeof details === 'object' && details !== null && 'moneyMoved' in details && details.moneyMoved === true
  )
}
