import { useQuery } from '@tanstack/react-query'
import type { UseQueryResult } from '@tanstack/react-query'
import { api } from '../api.ts'

/** Whether a person is an admin, asked once. The API is asked, since tokens for pages need not name roles; its FORBIDDEN is an error here. */
export function useIsAdmin(userId: string): UseQueryResult<true> {
  return useQuery({
    queryKey: ['admin', 'entry', userId],
    staleTime: Infinity,
    retry: false,
    queryFn: async ({ signal }) => {
      await api.GET('/api/v1/admin/concerts', { params: { query: { limit: 1 } }, signal })
      return true as const
    },
  })
}
