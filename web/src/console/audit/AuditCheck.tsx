import { useQuery } from '@tanstack/react-query'
import { Button } from '../../parts/Button.tsx'
import { classNames } from '../../parts/class-names.ts'
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
        <Invariants audit={audit} />
      </>
    )
  }
  return (
    <>
      <Aside audit={audit} />
      {/* What is broken is not to be looked for. */}
      <details key={String(audit.holds)} open={!audit.holds}>
        <summary>{t('console.audit.rows')}</summary>
        <Invariants audit={audit} />
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

function Invariants({ audit: { invariants } }: { audit: AuditResult }) {
  const { t, count } = useWords()
  return (
    <table className={styles['invariants']}>
      <thead>
        <tr>
          <th scope="col">{t('console.audit.invariant')}</th>
          <th scope="col" className={styles['number']}>
            {t('console.audit.rowsChecked')}
          </th>
          <th scope="col">{t('console.audit.result')}</th>
        </tr>
      </thead>
      <tbody>
        {invariants.map(({ number, name, holds, checked, violations }) => (
          <tr key={`${number} ${name}`}>
            {/* As the API names it, as logs and runbooks do. */}
            <th scope="row" lang="en">
              {number}. {name}
            </th>
            <td className={styles['number']}>{count(checked)}</td>
            <td className={classNames(styles[holds ? 'good' : 'bad'])}>
              {holds ? (
                t('console.audit.ok')
              ) : (
                <details open>
                  <summary>{t('console.audit.violations', { count: violations.length })}</summary>
                  <ul lang="en">
                    {violations.map((violation) => (
                      <li key={violation}>{violation}</li>
                    ))}
                  </ul>
                </details>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
