import { useQuery } from '@tanstack/react-query'
import { Button } from '../../parts/Button.tsx'
import { RefusalNote } from '../../parts/RefusalNote.tsx'
import { useWords } from '../../use-words.ts'
import { formatClock } from '../formats.ts'
import { auditQuery } from '../queries.ts'
import type { AuditResult } from '../queries.ts'
import styles from './AuditCheck.module.css'

/** Checks the invariants on the data of all services at a press, and shows what the last check found. `isFolded`: its rows behind a press. */
export function AuditCheck({ isFolded = false }: { isFolded?: boolean }) {
  const { t, language } = useWords()
  const audit = useQuery(auditQuery())
  const { data, isFetching, error } = audit
  return (
    <div className={styles['check']}>
      <div className={styles['line']}>
        <Button isDisabled={isFetching} onPress={() => void audit.refetch()}>
          {t(isFetching ? 'console.audit.working' : 'console.audit.check')}
        </Button>
        <p role="status">
          {data === undefined ? (
            t('console.audit.never')
          ) : (
            <>
              <strong className={styles[data.holds ? 'good' : 'bad']}>
                {data.holds
                  ? t('console.audit.holds', { count: data.invariants.length })
                  : t('console.audit.broken', {
                      count: data.invariants.filter(({ holds }) => !holds).length,
                    })}
              </strong>{' '}
              {t('console.audit.checked', {
                count: data.invariants.reduce((rows, { checked }) => rows + checked, 0),
                at: formatClock(data.checkedAt, language),
              })}
            </>
          )}
        </p>
      </div>
      {error === null || isFetching ? null : <RefusalNote error={error} />}
      {data === undefined ? null : <Found audit={data} isFolded={isFolded} />}
    </div>
  )
}

function Found({ audit, isFolded }: { audit: AuditResult; isFolded: boolean }) {
  const { t } = useWords()
  if (!isFolded) {
    return (
      <>
        <Aside audit={audit} />
        <Invariants invariants={audit.invariants} />
      </>
    )
  }
  const broken = audit.invariants.filter(({ holds }) => !holds)
  return (
    <>
      <Invariants invariants={broken} />
      <Aside audit={audit} />
      <details>
        <summary>{t('console.audit.rows')}</summary>
        <Invariants invariants={audit.invariants} />
      </details>
    </>
  )
}

/** What is no broken invariant and yet to be known: sagas at work, money without a ticket, what the card provider did without us. */
function Aside({ audit: { unsettled, moneyWithoutTicket, providerNotices } }: { audit: AuditResult }) {
  const { t, count } = useWords()
  const notices = Object.entries(providerNotices).map(([kind, times]) =>
    kind === 'DISPUTE' || kind === 'REFUND'
      ? t(`console.audit.notice.${kind}`, { count: times })
      : `${kind}: ${count(times)}`,
  )
  if (unsettled === 0 && moneyWithoutTicket.payments === 0 && notices.length === 0) return null
  return (
    <ul className={styles['aside']}>
      {unsettled === 0 ? null : <li>{t('console.audit.unsettled', { count: unsettled })}</li>}
      {moneyWithoutTicket.payments === 0 ? null : (
        <li>{t('console.audit.withoutTicket', { count: moneyWithoutTicket.payments })}</li>
      )}
      {notices.map((notice) => (
        <li key={notice} className={styles['bad']}>
          {notice}
        </li>
      ))}
    </ul>
  )
}

function Invariants({ invariants }: Pick<AuditResult, 'invariants'>) {
  const { t } = useWords()
  if (invariants.length === 0) return null
  return (
    <ul className={styles['invariants']}>
      {invariants.map(({ number, name, holds, checked, violations }) => (
        <li key={`${number} ${name}`}>
          {/* As the API names it, as logs and runbooks do. */}
          <span lang="en">
            {number}. {name}
          </span>
          <span className={styles['checked']}>{t('console.audit.rowsOf', { count: checked })}</span>
          <strong className={styles[holds ? 'good' : 'bad']}>
            {t(holds ? 'console.audit.ok' : 'console.audit.notOk')}
          </strong>
          {holds ? null : (
            <details open className={styles['violations']}>
              <summary>{t('console.audit.violations', { count: violations.length })}</summary>
              <ul lang="en">
                {violations.map((violation) => (
                  <li key={violation}>{violation}</li>
                ))}
              </ul>
            </details>
          )}
        </li>
      ))}
    </ul>
  )
}
