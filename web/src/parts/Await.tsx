import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Loading } from './Loading.tsx'
import { RefusalNote } from './RefusalNote.tsx'

/** Shows what a query has: data, also old data beside a failure; else the failure with a way to try again. */
export function Await<T>({
  query,
  children,
}: {
  query: UseQueryResult<T>
  children: (data: T) => ReactNode
}) {
  const failure = query.isError ? (
    <RefusalNote error={query.error} onRetry={() => void query.refetch()} />
  ) : null
  if (query.data === undefined) return failure ?? <Loading />
  return (
    <>
      {failure}
      {children(query.data)}
    </>
  )
}
