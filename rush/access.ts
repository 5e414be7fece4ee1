import { readSigner, signToken } from '../scripts/development-tokens.ts'

/** Makes bearer tokens as the identity provider would. */
export type SignIn = (userId: string, roles?: readonly string[]) => Promise<string>

/** Tokens of development that outlive the run, as the running copy accepts them; throws a SetupProblem where it has no settings. */
export function createSignIn(env: NodeJS.ProcessEnv, lifeSeconds: number): SignIn {
  const signer = readSigner(env)
  return (userId, roles = []) => signToken(signer, userId, { roles, lifeSeconds })
}
