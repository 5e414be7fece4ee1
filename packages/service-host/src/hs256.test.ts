import { createHmac, createSecretKey } from 'node:crypto'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { jwtVerify } from 'jose'
import { verifyHs256 } from './hs256.ts'

const secret = 'a-secret-that-only-this-test-knows-0123456789'
const key = createSecretKey(secret, 'utf8')
const nowMs = Date.UTC(2026, 10, 21)
const now = nowMs / 1_000
const claims = {
  issuer: 'issuer',
  audience: 'audience',
  requiredClaims: ['sub', 'exp'],
  clockTolerance: 5,
  currentDate: new Date(nowMs),
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function sign(header: unknown, payload: unknown): string {
  const body = `${part(header)}.${part(payload)}`
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`
}

function ours(token: string): unknown {
  try {
    return verifyHs256(token, key, claims)
  } catch {
    return 'refused'
  }
}

async function theirs(token: string): Promise<unknown> {
  try {
    const verified = await jwtVerify(token, new TextEncoder().encode(secret), {
      ...claims,
      algorithms: ['HS256'],
    })
    return verified.payload
  } catch {
    return 'refused'
  }
}

const good = { sub: '1', iss: 'issuer', aud: 'audience', exp: now + 60 }
const time = fc.constantFrom(
  now - 60,
  now - 5,
  now - 4,
  now,
  now + 4,
  now + 5,
  now + 6,
  now + 60,
  -1,
  0,
  1.5,
  '1',
  null,
)
const payload = fc.record(
  {
    sub: fc.constantFrom('1', 7, null, ''),
    iss: fc.constantFrom('issuer', 'issuer', 'else', ['issuer'], null),
    aud: fc.constantFrom('audience', 'audience', ['audience'], ['else', 'audience'], ['else'], [], 'else', 1),
    exp: fc.oneof(fc.constant(now + 60), time),
    nbf: time,
    iat: time,
    roles: fc.constantFrom(['admin'], 'admin'),
  },
  { requiredKeys: [] },
)
const header = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ alg: 'HS256' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      { alg: 'HS256', typ: 'JWT', kid: 'any' },
      { alg: 'HS512' },
      { alg: 'none' },
      { alg: 'hs256' },
      { alg: ['HS256'] },
      { alg: 'HS256', crit: ['unknown'], unknown: true },
      { alg: 'HS256', crit: [] },
      {},
      [],
      'HS256',
      null,
    ),
  },
)

test('takes a signed token exactly where jose does, whatever its header and claims are', async () => {
  const full = fc.record({ header, payload }).map((one) => ({ ...one, payload: { ...good, ...one.payload } }))
  await fc.assert(
    fc.asyncProperty(fc.oneof(full, fc.record({ header, payload })), async (token) => {
      const signed = sign(token.header, token.payload)
      expect(ours(signed)).toEqual(await theirs(signed))
    }),
    { numRuns: 2_000 },
  )
})

test('takes no token of which a letter was changed, added or left out', () => {
  const signed = sign({ alg: 'HS256' }, good)
  expect(ours(signed)).toEqual(good)
  const letter = fc.constantFrom('A', 'B', 'x', 'y', 'z', '0', '9', '_', '-', '+', '/', '=', '.', ' ')
  fc.assert(
    fc.property(
      fc.nat(signed.length - 1),
      fc.constantFrom('change', 'add', 'drop'),
      letter,
      (at, how, other) => {
        const before = signed.slice(0, at)
        const after = signed.slice(how === 'add' ? at : at + 1)
        const changed = before + (how === 'drop' ? '' : other) + after
        fc.pre(changed !== signed)
        expect(ours(changed)).toBe('refused')
      },
    ),
    { numRuns: 2_000 },
  )
})

test.each([
  ['of two parts', (token: string) => token.split('.').slice(0, 2).join('.')],
  ['without a signature', (token: string) => `${token.split('.').slice(0, 2).join('.')}.`],
  ['of four parts', (token: string) => `${token}.more`],
  ['of nothing', () => ''],
  ['with a header that is not JSON', (token: string) => `e30x${token.slice(token.indexOf('.'))}`],
])('takes no token %s', (_name, change) => {
  expect(ours(change(sign({ alg: 'HS256' }, good)))).toBe('refused')
})
