import { claimsOfRoles, ROLES } from '@frontrow/values/roles'
import type { RoleSettings } from '@frontrow/values/roles'

/** A person whom the sign-in page offers by name. */
export interface DemoPerson {
  readonly id: string
  readonly name: string
}

/** The fans that can be chosen by one click. */
export const DEMO_FANS: readonly DemoPerson[] = [
  { id: '101', name: 'Ada' },
  { id: '102', name: 'Minjun' },
  { id: '103', name: 'Seoyeon' },
]

/** One person for each role, whose id is the role; nobody else has any. */
export const DEMO_STAFF: readonly DemoPerson[] = [
  { id: 'admin', name: 'Admin' },
  { id: 'operator', name: 'Operator' },
  { id: 'finance', name: 'Finance' },
  { id: 'door', name: 'Door' },
]

const names = new Map([...DEMO_FANS, ...DEMO_STAFF].map(({ id, name }) => [id, name]))

/** The address of a user of the demo, in a domain that no mail ever reaches; none where their id would make no address. */
export function demoContact(user: string): { email?: string } {
  return /^[A-Za-z0-9_-]{1,48}$/.test(user) ? { email: `fan-${user}@frontrow.example` } : {}
}

/** What a token says of a user, as our services and the pages read it. `locale` is the language in which they signed in. */
export function claimsOfUser(user: string, locale: string | undefined, settings: RoleSettings) {
  const contact = demoContact(user)
  return {
    ...claimsOfRoles(
      settings,
      ROLES.filter((role) => role === user),
    ),
    name: names.get(user) ?? user,
    ...contact,
    ...(contact.email === undefined ? {} : { email_verified: true }),
    ...(locale === undefined ? {} : { locale }),
  }
}
