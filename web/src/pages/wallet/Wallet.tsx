import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { Await } from '../../parts/Await.tsx'
import { MoreButton } from '../../parts/MoreButton.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { SignedIn } from '../../parts/SignedIn.tsx'
import { TopUp } from '../../parts/TopUp.tsx'
import { balanceQuery, walletHistoryQuery } from '../../queries.ts'
import { useWords } from '../../use-words.ts'
import styles from './Wallet.module.css'

/** What the wallet holds, how to put more in, and how it came to that. */
export default function Wallet() {
  const { t } = useWords()
  return (
    <>
      <PageTitle title={t('wallet.title')} />
      <SignedIn why={t('wallet.signInFirst')}>{(userId) => <Own userId={userId} />}</SignedIn>
    </>
  )
}

function Own({ userId }: { userId: string }) {
  const { t, money } = useWords()
  const topUpId = useId()
  const historyId = useId()
  const balance = useQuery(balanceQuery(userId))
  return (
    <>
      <Await query={balance}>
        {({ currentBalance }) => (
          <p className={styles['balance']}>
            <span className="unseen">{t('wallet.balance')}</span> {money(currentBalance)}
          </p>
        )}
      </Await>
      <section aria-labelledby={topUpId} className={styles['section']}>
        <h2 id={topUpId}>{t('topUp.title')}</h2>
        <TopUp userId={userId} />
      </section>
      <section aria-labelledby={historyId} className={styles['section']}>
        <h2 id={historyId}>{t('wallet.history')}</h2>
        <History userId={userId} />
      </section>
    </>
  )
}

function History({ userId }: { userId: string }) {
  const { t, money, moment } = useWords()
  const history = useInfiniteQuery(walletHistoryQuery(userId))
  return (
    <Await query={history}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items)
        if (items.length === 0) return <p>{t('wallet.noHistory')}</p>
        return (
          <>
            <ul className={styles['entries']}>
              {items.map(({ entryId, kind, amount, balanceAfter, createdAt, reason }) => (
                <li key={entryId}>
                  <span>
                    {t(`wallet.kind.${kind}`)}
                    <small>{moment(createdAt)}</small>
                    {reason === null ? null : <small>{reason}</small>}
                  </span>
                  <span className={styles['amount']}>
                    {amount > 0 ? '+' : ''}
                    {money(amount)}
                    <small>{t('wallet.after', { amount: money(balanceAfter) })}</small>
                  </span>
                </li>
              ))}
            </ul>
            <MoreButton query={history} />
          </>
        )
      }}
    </Await>
  )
}
