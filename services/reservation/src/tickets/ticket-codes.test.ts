import { createHmac, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { isRefusal } from '@frontrow/proto/refusals'
import fc from 'fast-check'
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose'
import { createTicketCodes } from './ticket-codes.ts'
import type { TicketFacts } from './ticket-codes.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const codes = createTicketCodes(privateKey, [])
const ticket: TicketFacts = { reservationNumber: 'FR-7K3M9QW2XT', scheduleId: 1, seatId: 1_001 }
const [ours] = codes.publishedKeys
if (ours === undefined) throw new Error('no key is published')

const tickets: fc.Arbitrary<TicketFacts> = fc.record({
  reservationNumber: fc.stringMatching(/^FR-[2-9A-Z]{10}$/),
  scheduleId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  seatId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
})

const base64 = (content: string | Buffer): string => Buffer.from(content).toString('base64url')
const json = (content: object): string => base64(JSON.stringify(content))
const partsOf = (code: string): [string, string, string] => {
  const [header = '', claims = '', signature = ''] = code.split('.')
  return [header, claims, signature]
}

async function expectInvalid(code: string): Promise<void> {
  const answer = await codes.read(code).catch((error: unknown) => error)
  expect([code, isRefusal(answer, 'TICKET_INVALID')]).toEqual([code, true])
}

/** Signs any header and claims with a key, as JOSE does. */
function signWith(key: KeyObject, header: object, claims: object): Promise<string> {
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: 'EdDSA', ...header }).sign(key)
}

describe('the code of a ticket', () => {
  test('says what was signed, whatever its ids are', async () => {
    await fc.assert(
      fc.asyncProperty(tickets, async (facts) => {
        expect(await codes.read(await codes.sign(facts))).toEqual(facts)
      }),
    )
  })

  test('is the same each time, at most 200 characters with ids of seven digits, and holds the ids and nothing else', async () => {
    const code = await codes.sign(ticket)
    expect(await codes.sign(ticket)).toBe(code)
    expect(code).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    const longest = await codes.sign({ ...ticket, scheduleId: 9_999_999, seatId: 9_999_999 })
    expect(longest.length).toBeLessThanOrEqual(200)
    const [header, claims] = partsOf(code)
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'EdDSA', kid: ours.kid })
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
      res: 'FR-7K3M9QW2XT',
      sch: 1,
      seat: 1_001,
    })
  })

  test('is not taken when any one of its characters is another one', async () => {
    const code = await codes.sign(ticket)
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n'
    await fc.assert(
      fc.asyncProperty(
        fc.nat(code.length - 1),
        fc.constantFrom(...alphabet.split('')),
        async (at, character) => {
          fc.pre(code[at] !== character)
          await expectInvalid(code.slice(0, at) + character + code.slice(at + 1))
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('is not taken when the last character of its signature differs in bits that carry nothing', async () => {
    const code = await codes.sign(ticket)
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (const last of alphabet.replace(code.at(-1) ?? '', '')) await expectInvalid(code.slice(0, -1) + last)
  })

  test('is not taken cut off, longer, or as any other text', async () => {
    const code = await codes.sign(ticket)
    for (let length = 0; length < code.length; length += 1) await expectInvalid(code.slice(0, length))
    for (const more of ['A', '.', '=', '.e30', ' ']) await expectInvalid(code + more)
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary' }), expectInvalid))
  })

  test('is not taken unsigned, or signed by a secret that everybody knows', async () => {
    const [header, claims] = partsOf(await codes.sign(ticket))
    await expectInvalid(`${json({ alg: 'none', kid: ours.kid })}.${claims}.`)
    await expectInvalid(`${json({ alg: 'none' })}.${claims}.`)
    await expectInvalid(`${header}.${claims}.`)
    const confused = `${json({ alg: 'HS256', kid: ours.kid })}.${claims}`
    const publicPem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
    for (const secret of [publicPem, Buffer.from(ours.x, 'base64url')]) {
      await expectInvalid(`${confused}.${base64(createHmac('sha256', secret).update(confused).digest())}`)
    }
  })

  test('is not taken from another key, whatever key it names, nor with a key that it brings along', async () => {
    const other = generateKeyPairSync('ed25519')
    const claims = { res: ticket.reservationNumber, sch: 1, seat: 1_001 }
    const jwk = other.publicKey.export({ format: 'jwk' })
    for (const header of [{ kid: ours.kid }, { kid: 'else' }, {}, { kid: ours.kid, jwk }]) {
      await expectInvalid(await signWith(other.privateKey, header, claims))
    }
    await expectInvalid(await createTicketCodes(other.privateKey, []).sign(ticket))
  })

  test.each([
    ['no seat', { res: 'FR-7K3M9QW2XT', sch: 1 }],
    ['a seat as text', { res: 'FR-7K3M9QW2XT', sch: 1, seat: '1001' }],
    ['a seat that is none', { res: 'FR-7K3M9QW2XT', sch: 1, seat: -1 }],
    ['the claims of a bearer token too', { res: 'FR-7K3M9QW2XT', sch: 1, seat: 1_001, sub: '101' }],
  ])('is not taken with %s, though our key has signed it', async (_what, claims) => {
    await expectInvalid(await signWith(privateKey, { kid: ours.kid }, claims))
  })
})

describe('the keys of tickets', () => {
  const next = generateKeyPairSync('ed25519')

  test('rotate: what the old one has signed is good as long as its public key is there, and the new one signs', async () => {
    const old = await codes.sign(ticket)
    const rotated = createTicketCodes(next.privateKey, [publicKey, next.publicKey])
    expect(await rotated.read(old)).toEqual(ticket)
    const fresh = await rotated.sign(ticket)
    expect(fresh).not.toBe(old)
    expect(await rotated.read(fresh)).toEqual(ticket)
    // Before it signs, other instances take it by its public key.
    expect(await createTicketCodes(privateKey, [next.publicKey]).read(fresh)).toEqual(ticket)
    expect(rotated.publishedKeys.map(({ x }) => x)).toEqual([
      next.publicKey.export({ format: 'jwk' }).x,
      ours.x,
    ])
    const withdrawn = createTicketCodes(next.privateKey, [])
    await expect(withdrawn.read(old)).rejects.toMatchObject({ code: 'TICKET_INVALID' })
  })

  test('are a key set that a library of JOSE verifies codes by, and hold nothing private', async () => {
    const { publishedKeys } = createTicketCodes(next.privateKey, [publicKey])
    expect(JSON.stringify(publishedKeys)).not.toContain('"d"')
    const keySet = createLocalJWKSet({ keys: [...publishedKeys] })
    const { payload } = await jwtVerify(await codes.sign(ticket), keySet)
    expect(payload).toEqual({ res: 'FR-7K3M9QW2XT', sch: 1, seat: 1_001 })
  })
})

describe('the example of docs/tickets.md', () => {
  const page = readFileSync(new URL('../../../../docs/tickets.md', import.meta.url), 'utf8')
  const example = /```js\n([^]*?)```/.exec(page)?.[1] ?? ''

  interface Example {
    readTicket: (code: string, keySet: object, scheduleId: number) => Promise<object>
  }

  test('verifies a code without a connection, and takes none that is forged or of another show', async () => {
    const { readTicket }: Example = await import(`data:text/javascript,${encodeURIComponent(example)}`)
    const keySet = { keys: codes.publishedKeys }
    const code = await codes.sign(ticket)
    expect(await readTicket(code, keySet, 1)).toEqual({ reservationNumber: 'FR-7K3M9QW2XT', seatId: 1_001 })
    await expect(readTicket(code, keySet, 2)).rejects.toThrow('another show')
    const [header, claims, signature] = partsOf(code)
    const upgraded = json({ res: 'FR-7K3M9QW2XT', sch: 1, seat: 1 })
    await expect(readTicket(`${header}.${upgraded}.${signature}`, keySet, 1)).rejects.toThrow('forged')
    const unsigned = `${json({ alg: 'none', kid: ours.kid })}.${claims}.`
    await expect(readTicket(unsigned, keySet, 1)).rejects.toThrow('not a ticket')
    const other = createTicketCodes(generateKeyPairSync('ed25519').privateKey, [])
    await expect(readTicket(await other.sign(ticket), keySet, 1)).rejects.toThrow('not a ticket')
  })
})
