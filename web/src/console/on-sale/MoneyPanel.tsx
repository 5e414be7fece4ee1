import { classNames } from '../../parts/class-names.ts'
import { formatTimeLeft } from '../../formats.ts'
import { useWords } from '../../use-words.ts'
import type { Money } from '../queries.ts'
import type { Live } from '../use-live.ts'
import { Panel } from './Panel.tsx'
import styles from './MoneyPanel.module.css'

/** Payments pass through that state for a moment; one that stays in it longer than this needs somebody. */
const TOO_LONG_SECONDS = 60

/** Money taken, given back, on its way, and held without a ticket for it. */
export function MoneyPanel({ live }: { live: Live<Money> }) {
  const { t, money } = useWords()
  const { data, staleSince } = live
  return (
    <Panel title={t('console.money.title')} area="money" live={live}>
      {data === undefined ? null : (
        <dl className={classNames(styles['money'], staleSince === undefined ? undefined : styles['old'])}>
          <dt>{t('console.money.taken')}</dt>
          <dd>{money(data.taken)}</dd>
          <dt>{t('console.money.refunded')}</dt>
          <dd>{money(data.refunded)}</dd>
          <dt>
            {t('console.money.pending')} <Payments count={data.pending.payments} />
          </dt>
          <dd>{money(data.pending.amount)}</dd>
          <WithoutTicket {...data.withoutTicket} />
        </dl>
      )}
    </Panel>
  )
}

function WithoutTicket({ payments, amount, oldestSeconds }: Money['withoutTicket']) {
  const { t, money } = useWords()
  const isTooLong = payments > 0 && oldestSeconds !== null && oldestSeconds > TOO_LONG_SECONDS
  const look = isTooLong ? styles['tooLong'] : undefined
  return (
    <>
      <dt className={look}>
        {t('console.money.withoutTicket')} <Payments count={payments} />
      </dt>
      <dd className={look}>
        {money(amount)}
        {isTooLong ? (
          <small>{t('console.money.oldest', { time: formatTimeLeft(oldestSeconds * 1_000) })}</small>
        ) : null}
      </dd>
    </>
  )
}

/** How many payments an amount is of; where it is of none the amount says so. */
function Payments({ count }: { count: number }) {
  const { t } = useWords()
  return count === 0 ? null : <small>{t('console.money.payments', { count })}</small>
}
