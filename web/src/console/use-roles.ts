import type { DataOf } from '@frontrow/client/routes'
import { useQuery } from '@tanstack/react-query'
import type { UseQueryResult } from '@tanstack/react-query'
import { api, dataOf, isRefusal } from '../api.ts'
import { useSignIn } from '../use-sign-in.ts'

const OWN_ROLES = '/api/v1/admin/me'

/** A role of the staff. */
export type Role = DataOf<'get', typeof OWN_ROLES>['roles'][number]

/**
 * Which roles whoever is signed in has, asked once. The API is asked, since tokens for pages need not name roles, and name them as the identity
 * provider calls them; its FORBIDDEN is an error here.
 */
export function useRoles(): UseQueryResult<readonly Role[]> {
  const signIn = useSignIn()
  const userId = signIn.status === 'signed-in' ? signIn.userId : ''
  return useQuery({
    queryKey: ['admin', 'roles', userId],
    enabled: userId !== '',
    staleTime: Infinity,
    retry: false,
    queryFn: async ({ signal }) => dataOf(await api.GET(OWN_ROLES, { signal })).roles,
  })
}

/** Which roles may use a part of the console, beside admins. */
export type Needed = readonly Exclude<Role, 'admin'>[]

/**
 * Makes the function that tells whether a part of the console, or a question, is for whoever is signed in. Where the API does not say which roles they
 * have all parts are: one service that is away must not keep an operator from a room that runs, and the API refuses what they may not.
 */
export function useMayUse(): (needed: Needed) => boolean {
  const { data, error } = useRoles()
  if (data === undefined) return () => error !== null && !isRefusal(error, 'FORBIDDEN')
  return (needed) => data.includes('admin') || needed.some((role) => data.includes(role))
}
