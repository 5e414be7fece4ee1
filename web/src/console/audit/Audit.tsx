import { useInfiniteQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { Await } from '../../parts/Await.tsx'
import { Button } from '../../parts/Button.tsx'
import { MoreButton } from '../../parts/MoreButton.tsx'
import { PageTitle } from '../../parts/PageTitle.tsx'
import { useWords } from '../../use-words.ts'
import { adminActionsQuery } from '../queries.ts'
import type { AdminAction } from '../queries.ts'
import { AuditCheck } from './AuditCheck.tsx'
import styles from './Audit.module.css'

/** Whether the data is right, and what admins did to it. */
export default function Audit() {
  const { t } = useWords()
  const invariantsId = useId()
  return (
    <div className={styles['page']}>
      <PageTitle title={t('console.audit.title')} />
      <section aria-labelledby={invariantsId}>
        <h2 id={invariantsId}>{t('console.audit.invariants')}</h2>
        <AuditCheck />
      </section>
      <div>
        <h2>{t('console.actions.title')}</h2>
        <Actions />
      </div>
    </div>
  )
}

function Actions() {
  const { t } = useWords()
  const actions = useInfiniteQuery(adminActionsQuery())
  return (
    <Await query={actions}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items)
        if (items.length === 0) return <p>{t('console.actions.none')}</p>
        return (
          <>
            <p>
              <Button isDisabled={actions.isFetching} onPress={() => void actions.refetch()}>
                {t('console.actions.again')}
              </Button>
            </p>
            <ul className={styles['actions']}>
              {items.map((action) => (
                <Action key={action.actionId} action={action} />
              ))}
            </ul>
            <MoreButton query={actions} />
          </>
        )
      }}
    </Await>
  )
}

function Action({
  action: { beganAt, adminId, role, operation, method, path, body, outcome, status },
}: {
  action: AdminAction
}) {
  const { t, moment } = useWords()
  const isGood = outcome === 'DONE' || outcome === 'REPLAYED'
  return (
    <li>
      <p>
        {adminId}
        <small>
          {t(`console.role.${role}`)}, {moment(beganAt)}
        </small>
      </p>
      <p>
        <strong>{operation}</strong>
        <small>
          {method} {path}
        </small>
      </p>
      <div>
        <Sent body={body} />
      </div>
      <p className={isGood ? undefined : styles['bad']}>
        {outcome === null
          ? t('console.actions.open')
          : isGood
            ? t(`console.actions.${outcome}`)
            : `${outcome} ${status ?? ''}`}
      </p>
    </li>
  )
}

/** So much of a body is read at a glance; the rest of a longer one is behind a press. */
const GLANCE = 90

function Sent({ body }: { body: unknown }) {
  if (body === null || body === undefined) return null
  const text = JSON.stringify(body)
  if (text.length <= GLANCE) return <code>{text}</code>
  return (
    <details>
      <summary>
        <code>{text.slice(0, GLANCE)}…</code>
      </summary>
      <code>{text}</code>
    </details>
  )
}
