import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useNewCard } from '../../cards/use-new-card.tsx'
import { Button } from '../../parts/Button.tsx'
import { Choices } from '../../parts/Choices.tsx'
import type { Installation } from '../../installation.ts'
import { OnceNote } from '../../parts/OnceNote.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import { TopUp } from '../../parts/TopUp.tsx'
import { balanceQuery } from '../../queries.ts'
import type { Reservation } from '../../queries.ts'
import { testCards } from '../../test-cards.ts'
import { useInstallation } from '../../use-installation.ts'
import { useWords } from '../../use-words.ts'
import { paymentBody } from './payment-body.ts'
import type { Payment } from './use-payment.ts'
import styles from './Reservation.module.css'

const WALLET = 'wallet'
const NEW_CARD = 'new-card'

/** Pays for a hold: from the wallet or by card. */
export function Pay({
  reservation,
  userId,
  payment,
}: {
  reservation: Reservation
  userId: string
  payment: Payment
}) {
  const { t, money } = useWords()
  const headingId = useId()
  const balance = useQuery(balanceQuery(userId))
  const [way, setWay] = useState(WALLET)
  const { totalAmount } = reservation
  const missing = Math.max(0, totalAmount - (balance.data?.currentBalance ?? totalAmount))
  const byWallet = way === WALLET
  const offered = cardsOf(useInstallation())
  const card = useNewCard(totalAmount)
  const canPay = byWallet ? missing === 0 : way !== NEW_CARD || card.isReady
  const isBusy = payment.isPending || card.isMaking
  const pay = (): void => {
    if (byWallet) payment.press(paymentBody(reservation, 'BALANCE'))
    else if (way !== NEW_CARD) payment.press(paymentBody(reservation, { card: way }))
    else card.make((token) => payment.press(paymentBody(reservation, { card: token })))
  }
  if (payment.open !== undefined) return <PaymentNote payment={payment} />
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
          ...(offered === 'real'
            ? [{ value: NEW_CARD, label: t('card.new'), detail: t('card.byStripe') }]
            : []),
          ...(offered === 'test' ? testCards : []).map(({ token, name }) => ({
            value: token,
            label: t(`card.${name}`),
            detail: t('card.test'),
          })),
        ]}
      />
      {way === NEW_CARD ? card.form : null}
      {byWallet && balance.isError ? (
        <RefusalNote error={balance.error} onRetry={() => void balance.refetch()} />
      ) : null}
      {!byWallet || missing === 0 || payment.isPending ? null : (
        <>
          <p>{t('pay.missing', { amount: money(missing) })}</p>
          <TopUp userId={userId} atLeast={missing} />
        </>
      )}
      {offered === 'none' && canPay ? <p>{t('topUp.noCards')}</p> : null}
      {way === NEW_CARD && card.isWrong ? null : <PaymentNote payment={payment} />}
      {canPay || offered === 'test' || offered === 'real' || payment.isPending ? (
        <p>
          <Button look="main" isDisabled={isBusy || !canPay} onPress={pay}>
            {isBusy ? t('pay.paying') : t('pay.pay', { amount: money(totalAmount) })}
          </Button>
        </p>
      ) : null}
    </section>
  )
}

/** Which cards are offered; undefined while the gateway has not told. */
function cardsOf(installation: Installation | undefined): 'real' | 'test' | 'none' | undefined {
  if (installation === undefined) return undefined
  if (installation.stripePublishableKey !== undefined) return 'real'
  return installation.testCards ? 'test' : 'none'
}

/** How far a payment is, or why it failed. */
export function PaymentNote({ payment }: { payment: Payment }) {
  const { t } = useWords()
  return <OnceNote once={payment}>{moneyCame(payment.error) ? <p>{t('pay.moneyBack')}</p> : null}</OnceNote>
}

function moneyCame(error: unknown): boolean {
  if (!(error instanceof Error) || !('details' in error)) return false
  const { details } = error
  return (
    typeof details === 'object' && details !== null && 'moneyMoved' in details && details.moneyMoved === true
  )
}
