import { createPrivateKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { claimsOf } from '@frontrow/test-kit/identity-provider'
import type { SigningKey } from '@frontrow/test-kit/identity-provider'

const signText = promisify(sign)
// libuv has this many threads, so that both cores sign.
const AT_ONCE = 4

/** The bearer tokens of everybody who sends requests. */
export interface People {
  admin: string
  /** A thousand people, who are in each room before others come. */
  early: readonly string[]
  /** People who join during a measurement. Nobody joins twice within one row, so that each token is verified anew. */
  late: readonly string[]
}

/**
 * Signs bearer tokens with RS256, as the identity provider of a production system would, each for another user. This is done
 * before anything is measured, because a signature takes 0.7 ms and a round needs thousands of tokens that no service has seen.
 */
export async function signBearerTokens(
  key: SigningKey,
  prefix: string,
  count: number,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string[]> {
  if (key.algorithm !== 'RS256') throw new Error('the bench signs with RS256')
  const privateKey = createPrivateKey(key.privateKey)
  const header = encode({ alg: key.algorithm, typ: 'JWT', kid: key.keyId })
  const tokens: string[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next
      next += 1
      tokens[index] = await signOne(privateKey, `${header}.${encode(claimsOf(`${prefix}-${index}`, more))}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return tokens
}

async function signOne(key: KeyObject, text: string): Promise<string> {
  return `${text}.${(await signText('sha256', Buffer.from(text), key)).toString('base64url')}`
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
