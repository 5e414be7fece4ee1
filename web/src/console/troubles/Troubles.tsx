import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useId } from 'react'
import { Link } from 'react-router'
import { api } from '../../api.ts'
import { Await } from '../../parts/Await.tsx'
import { ButtonLink } from '../../parts/Button.tsx'
import { MoreButton } from '../../parts/MoreButton.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { useWords } from '../../use-words.ts'
import { DeadLetters } from './DeadLetters.tsx'
import { FailedDeliveries } from './FailedDeliveries.tsx'
import { Retry } from './Retry.tsx'
import { StillTried } from './StillTried.tsx'
import {
  failedJobsQuery,
  failedMailsQuery,
  troubleCountQuery,
  waitingMailsQuery,
  webhooksQuery,
} from './trouble-queries.ts'
import type { Job, Mail } from './trouble-queries.ts'
import styles from './Troubles.module.css'

/** What the system could not do by itself. */
export default function Troubles() {
  const { t } = useWords()
  return (
    <>
      <PageTitle title={t('troubles.title')} />
      <p>
        <ButtonLink to="/console/troubles/webhooks">{t('webhooks.title')}</ButtonLink>
      </p>
      <Part title={t('troubles.deadLetters')} about={t('troubles.deadLettersAbout')}>
        <DeadLetters />
      </Part>
      <Part title={t('troubles.mails')} about={t('troubles.mailsAbout')}>
        <StillTried query={useQuery(waitingMailsQuery())} />
        <FailedMails />
      </Part>
      <Part title={t('troubles.deliveries')} about={t('troubles.deliveriesAbout')}>
        <AllDeliveries />
      </Part>
      <Part title={t('troubles.jobs')} about={t('troubles.jobsAbout')}>
        <FailedJobs />
      </Part>
    </>
  )
}

function Part({ title, about, children }: { title: string; about: string; children: ReactNode }) {
  const headingId = useId()
  return (
    <section aria-labelledby={headingId} className={styles['part']}>
      <h2 id={headingId}>{title}</h2>
      <p className={styles['about']}>{about}</p>
      {children}
    </section>
  )
}

function FailedMails() {
  const { t } = useWords()
  const mails = useInfiniteQuery(failedMailsQuery())
  return (
    <Await query={mails}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items)
        if (items.length === 0) return <p>{t('troubles.noMails')}</p>
        return (
          <>
            <ul className={styles['list']}>
              {items.map((mail) => (
                <FailedMail key={mail.noticeId} mail={mail} />
              ))}
            </ul>
            <MoreButton query={mails} />
          </>
        )
      }}
    </Await>
  )
}

function FailedMail({ mail }: { mail: Mail }) {
  const { t, moment } = useWords()
  const queries = useQueryClient()
  const { noticeId, kind, userId, reservationId, lastError, attempts, createdAt, endedAt } = mail
  return (
    <li>
      <p>
        <strong>{t(`troubles.mail.${kind}`)}</strong> {t('troubles.mailTo', { userId })}
      </p>
      <p className={styles['about']}>
        {moment(createdAt)} · {t('troubles.attempts', { count: attempts })} ·{' '}
        <span className={styles['id']}>{reservationId}</span>
      </p>
      {lastError === null ? null : <p className={styles['error']}>{lastError}</p>}
      <Retry
        // What failed once more can be tried once more.
        key={endedAt}
        label={t('troubles.mailRetry')}
        done={t('troubles.mailDone')}
        send={(key) =>
          api.POST('/api/v1/admin/notices/{noticeId}/retry', {
            params: { path: { noticeId }, header: { 'Idempotency-Key': key } },
          })
        }
        onDone={() => queries.invalidateQueries({ queryKey: troubleCountQuery().queryKey })}
      />
    </li>
  )
}

function AllDeliveries() {
  const { t } = useWords()
  const webhooks = useQuery(webhooksQuery())
  return (
    <Await query={webhooks}>
      {(items) =>
        items.length === 0 ? (
          <p>{t('webhooks.none')}</p>
        ) : (
          <>
            {items.map((webhook) => (
              <FailedDeliveries key={webhook.webhookId} webhook={webhook} />
            ))}
          </>
        )
      }
    </Await>
  )
}

function FailedJobs() {
  const { t } = useWords()
  const jobs = useInfiniteQuery(failedJobsQuery())
  return (
    <Await query={jobs}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items)
        if (items.length === 0) return <p>{t('troubles.noJobs')}</p>
        return (
          <>
            <ul className={styles['list']}>
              {items.map((job) => (
                <FailedJob key={job.jobId} job={job} />
              ))}
            </ul>
            <MoreButton query={jobs} />
          </>
        )
      }}
    </Await>
  )
}

function FailedJob({ job }: { job: Job }) {
  const { t, moment } = useWords()
  const { scheduleId, userId, error, attempts, createdAt } = job
  return (
    <li>
      <p>
        <strong>{error?.code ?? job.status}</strong> {error?.message}
      </p>
      <p className={styles['about']}>
        {moment(createdAt)} · {t('troubles.attempts', { count: attempts })} ·{' '}
        {t('troubles.jobOf', { userId })} ·{' '}
        <Link to={`/console/shows/dates/${scheduleId}`}>{t('troubles.jobShow')}</Link>
      </p>
    </li>
  )
}
