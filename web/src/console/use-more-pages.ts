import { useEffect } from 'react'

/** So many pages are loaded by themselves; who needs what is behind them presses for it, or searches. */
const PAGES_MAX = 10

/** Loads a list page after page while more is wanted, so that its order holds for all of it and not for the pages that somebody has loaded. */
export function useMorePages(
  {
    data,
    hasNextPage,
    isFetching,
    isError,
    fetchNextPage,
  }: {
    data: { pages: readonly unknown[] } | undefined
    hasNextPage: boolean
    isFetching: boolean
    isError: boolean
    fetchNextPage: () => Promise<unknown>
  },
  isWanted: boolean,
): void {
  const isNext = isWanted && hasNextPage && !isFetching && !isError && (data?.pages.length ?? 0) < PAGES_MAX
  useEffect(() => {
    if (isNext) void fetchNextPage()
  }, [isNext, fetchNextPage])
}
