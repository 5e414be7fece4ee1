import { ApiError } from '@frontrow/client/errors'
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useWords } from '../use-words.ts'
import { Loading } from './Loading.tsx'
import { PageTitle } from './PageTitle.tsx'
import { RefusalNote } from './RefusalNote.tsx'

/** Shows what a query has: data, also old data beside a failure; else the failure with a way to try again. */
export function Await<T>({
  query,
  isPage = false,
  children,
}: {
  query: UseQueryResult<T>
  /** Whether all of a page waits for it: then its failure has the page's heading. */
  isPage?: boolean
  children: (data: T) => ReactNode
}) {
  const failure = query.isError ? (
    <RefusalNote error={query.error} onRetry={() => void query.refetch()} />
  ) : null
  if (query.data === undefined) {
    if (failure === null) return <Loading />
    return (
      <>
        {isPage ? <FailedTitle error={query.error} /> : null}
        {failure}
      </>
    )
  }
  return (
    <>
      {failure}
      {children(query.data)}
    </>
  )
}

function FailedTitle({ error }: { error: unknown }) {
  const { t } = useWords()
  const isNowhere = error instanceof ApiError && error.status === 404
  return <PageTitle title={isNowhere ? t('notFound.title') : t('failure.notShown')} />
}
