import { z } from 'zod'

/** A mail address and the language that its owner reads, as claims of OpenID Connect name them. */
export interface Contact {
  readonly email: string
  /** As the claim has it, e.g. `ko-KR`; undefined where the token has none. */
  readonly locale: string | undefined
}

/** A mail address, 254 characters at most, which is what SMTP takes. */
export const email = z.email().max(254)

/** A language as tokens name it: a tag of BCP 47, or with an underscore as some providers write it. */
export const locale = z.string().regex(/^[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,4}$/)

/**
 * The contact that a token's claims give. A claim that is no address is passed over, because a person whose provider
 * writes nonsense can still buy; they get no mail. `email_verified: false` says that the address may be somebody else's.
 */
export function readContact(claims: Readonly<Record<string, unknown>>): Contact | undefined {
  const address = email.safeParse(claims['email'])
  if (!address.success || claims['email_verified'] === false) return undefined
  return { email: address.data, locale: locale.safeParse(claims['locale']).data }
}
