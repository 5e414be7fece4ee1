import type { Role } from '@frontrow/values/roles'
import type { Caller } from './auth.ts'
import type { RouteSpec } from './route.ts'

/** The roles that may do on a route what admins may, admin first. */
export function rolesOf({ roles = [] }: Pick<RouteSpec, 'roles'>): readonly Role[] {
  return ['admin', ...roles]
}

/** The role by which a caller may do on this route what admins may; undefined where they have none of those. */
export function actingRole(
  route: Pick<RouteSpec, 'roles'>,
  { roles }: Pick<Caller, 'roles'>,
): Role | undefined {
  return rolesOf(route).find((role) => roles.includes(role))
}

/** What the API reference says of the roles of a route, for programs and for people; nothing where roles make no difference. */
export function documentedRoles(route: Pick<RouteSpec, 'auth' | 'roles' | 'description'>): {
  description?: string
  'x-roles'?: readonly Role[]
} {
  const { auth, roles, description } = route
  if (auth !== 'admin' && roles === undefined) return description === undefined ? {} : { description }
  const names = rolesOf(route)
  const needed = `the role ${names.map((name) => `\`${name}\``).join(' or ')}`
  const sentence = auth === 'admin' ? `Needs ${needed}.` : `For other people it needs ${needed}.`
  return {
    description: description === undefined ? sentence : `${description}\n\n${sentence}`,
    'x-roles': names,
  }
}
