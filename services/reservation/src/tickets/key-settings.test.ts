import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { ed25519PrivateKey, ed25519PublicKeys } from './key-settings.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
const publicPem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
const inLine = (text: string): string => text.replaceAll('\n', '').replaceAll(/-----[A-Z ]+-----/g, '')

test.each([
  ['as openssl writes it', pem],
  ['with Windows line ends', pem.replaceAll('\n', '\r\n')],
  ['on one line', pem.replaceAll('\n', ' ')],
  ['with its line breaks written out', pem.replaceAll('\n', '\\n')],
  ['without its first and last line', inLine(pem)],
])('a private key is read %s', (_how, text) => {
  expect(ed25519PrivateKey.parse(text).equals(privateKey)).toBe(true)
})

const rsa = generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey
const x25519 = generateKeyPairSync('x25519').privateKey

test.each([
  ['missing', undefined],
  ['empty', ''],
  ['no key', 'correct horse battery staple'],
  ['cut off', inLine(pem).slice(0, -8)],
  ['a public key', publicPem],
  ['of RSA', rsa.export({ format: 'pem', type: 'pkcs8' })],
  ['of X25519, which signs nothing', x25519.export({ format: 'pem', type: 'pkcs8' })],
])('a private key that is %s is refused with the rule, and is not repeated in the message', (_what, text) => {
  const parsed = ed25519PrivateKey.safeParse(text)
  expect(parsed.error?.issues.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^must be an Ed25519 private key/),
  ])
})

test('public keys are a list, in either form; a private key among them is refused', () => {
  const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString()
  const keys = ed25519PublicKeys.parse(`${publicPem}, ${inLine(other)},`)
  expect(keys.map((key) => key.export({ format: 'pem', type: 'spki' }))).toEqual([publicPem, other])
  expect(ed25519PublicKeys.parse(undefined)).toEqual([])
  expect(ed25519PublicKeys.safeParse(pem).success).toBe(false)
})
