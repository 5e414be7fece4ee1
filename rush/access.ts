import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { z } from 'zod'

/** Something the person at the keyboard can put right; shown without a stack. */
export class RushProblem extends Error {
  override name = 'RushProblem'
}

const settings = z.object({ jwtSecret: z.string().min(1) })

/** The secret that the running system checks tokens with: JWT_SECRET, or what `npm start` keeps in DATA_DIR. */
export async function readSecret(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const fromEnv = env['JWT_SECRET']
  if (fromEnv !== undefined && fromEnv !== '') return fromEnv
  const folder = env['DATA_DIR']
  const isSet = folder !== undefined && folder !== ''
  const path = join(isSet ? folder : join(import.meta.dirname, '..', '.frontrow'), 'settings.json')
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new RushProblem(`can't read ${path}: run npm start first, or set DATA_DIR or JWT_SECRET`, {
      cause: error,
    })
  })
  const parsed = settings.safeParse(parseJson(text))
  if (!parsed.success) throw new RushProblem(`${path} holds no jwtSecret`)
  return parsed.data.jwtSecret
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Makes bearer tokens as the identity provider would. */
export type SignIn = (userId: string, roles?: readonly string[]) => Promise<string>

/** Tokens that outlive the run. */
export function createSignIn(secret: string, lifeSeconds: number): SignIn {
  const key = new TextEncoder().encode(secret)
  return (userId, roles) =>
    new SignJWT(roles === undefined ? {} : { roles })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setIssuer('frontrow')
      .setAudience('frontrow')
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1_000) + lifeSeconds)
      .sign(key)
}
