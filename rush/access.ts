import { demoContact } from '@frontrow/identity-provider/accounts'
import type { Role } from '@frontrow/values/roles'
import { readSigner, signToken } from '../scripts/development-tokens.ts'

/** Makes bearer tokens as the identity provider would. */
export type SignIn = (userId: string, roles?: readonly Role[], phone?: string) => Promise<string>

/**
 * Signs development tokens that the running copy accepts. They are valid for `lifeSeconds`, which has to be longer than the run.
 * Each names a mail address, so that buyers get their notices, and a verified telephone: one of its own where none is named. Throws a SetupProblem where the copy has no settings.
 */
export function createSignIn(env: NodeJS.ProcessEnv, lifeSeconds: number): SignIn {
  const signer = readSigner(env)
  return (userId, roles = [], phone = `phone of ${userId}`) =>
    signToken(signer, userId, { roles, lifeSeconds, phone, ...demoContact(userId) })
}
