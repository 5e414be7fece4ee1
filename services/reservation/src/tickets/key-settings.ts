import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { z } from 'zod'

const PRIVATE_RULE =
  'must be an Ed25519 private key: PKCS #8, as PEM or as the base64 between its first and last line'
const PUBLIC_RULE = 'must be Ed25519 public keys: SPKI, as PEM or as the base64 of it, separated by commas'

/** A private key of Ed25519. Its PEM may be on one line, since files of settings have a line for each. */
export const ed25519PrivateKey = z
  .string(PRIVATE_RULE)
  .transform((text, context) =>
    readKey(text, PRIVATE_RULE, context, (key) => createPrivateKey({ key, format: 'der', type: 'pkcs8' })),
  )

/** Public keys of Ed25519. */
export const ed25519PublicKeys = z
  .string()
  .default('')
  .transform((list, context) =>
    list
      .split(',')
      .filter((text) => text.trim() !== '')
      .map((text) =>
        readKey(text, PUBLIC_RULE, context, (key) => createPublicKey({ key, format: 'der', type: 'spki' })),
      ),
  )

function readKey(
  text: string,
  rule: string,
  context: z.RefinementCtx,
  read: (der: Buffer) => KeyObject,
): KeyObject {
  const base64 = text.replaceAll(/-----[A-Z ]+-----|\\n|\s/g, '')
  try {
    const key = read(Buffer.from(base64, 'base64'))
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // What OpenSSL says of bytes that are no key tells nobody what to do, and the rule does.
  }
  context.addIssue({ code: 'custom', message: rule })
  return z.NEVER
}
