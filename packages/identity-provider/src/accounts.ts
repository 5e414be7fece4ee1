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

/** Who runs the on-sale; nobody else has the role `admin`. */
export const OPERATOR: DemoPerson = { id: 'operator', name: 'Operator' }

const names = new Map([...DEMO_FANS, OPERATOR].map(({ id, name }) => [id, name]))

/** The address of a user of the demo, in a domain that no mail ever reaches; none where their id would make no address. */
export function demoContact(user: string): { email?: string } {
  return /^[A-Za-z0-9_-]{1,48}$/.test(user) ? { email: `fan-${user}@frontrow.example` } : {}
}

/** What a token says of a user, as our services and the pages read it. `locale` is the language in which they signed in. */
export function claimsOfUser(user: string, locale: string | undefined) {
  const contact = demoContact(user)
  return {
    roles: user === OPERATOR.id ? ['admin'] : [],
    name: names.get(user) ?? user,
    ...contact,
    ...(contact.email === undefined ? {} : { email_verified: true }),
    ...(locale === undefined ? {} : { locale }),
  }
}
