import type { OutgoingHttpHeaders } from 'node:http'
import { gzipSync } from 'node:zlib'
import { makeSigningKey, signClaims } from '@frontrow/test-kit/identity-provider'
import type { SigningKey } from '@frontrow/test-kit/identity-provider'
import { testSigningKey } from '@frontrow/test-kit/test-environment'

/** A body that has to be refused, and how. */
export interface BadBody {
  name: string
  /** Undefined: none is sent. */
  body: string | Buffer | undefined
  headers?: OutgoingHttpHeaders
  status: number
  code: string
  /** What `details` has to name. */
  field?: string
}

const invalid = { status: 400, code: 'INVALID_REQUEST' }
const tooLarge = { status: 413, code: 'PAYLOAD_TOO_LARGE' }
const wrongType = { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' }
const HUNDRED_KB = 100_000

/** Bodies that are no JSON object, for a route whose object would be `fine`. */
function badForms(fine: string, emptyNames: string): BadBody[] {
  const padding = `${' '.repeat(HUNDRED_KB)}${fine}`
  return [
    {
      name: 'no body',
      body: undefined,
      headers: { 'content-type': undefined },
      ...invalid,
      field: emptyNames,
    },
    { name: 'an empty body', body: '', ...invalid, field: emptyNames },
    { name: 'an empty object', body: '{}', ...invalid, field: emptyNames },
    { name: 'half an object', body: fine.slice(0, -1), ...invalid, field: 'body' },
    { name: 'two objects', body: fine + fine, ...invalid, field: 'body' },
    { name: 'a form', body: 'scheduleId=1&maxActive=5', ...invalid, field: 'body' },
    { name: 'null', body: 'null', ...invalid, field: 'body' },
    { name: 'a number', body: '1', ...invalid, field: 'body' },
    { name: 'a text', body: JSON.stringify(fine), ...invalid, field: 'body' },
    { name: 'an array', body: '[]', ...invalid, field: 'body' },
    { name: 'an array of what would be right', body: `[${fine}]`, ...invalid, field: 'body' },
    {
      name: 'arrays in arrays',
      body: `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
      ...invalid,
      field: 'body',
    },
    { name: 'bytes that are no text', body: Buffer.from([0xff, 0xfe, 0x00]), ...invalid, field: 'body' },
    { name: '100 kB', body: padding, ...tooLarge },
    { name: '100 kB of JSON', body: JSON.stringify({ x: 'x'.repeat(HUNDRED_KB) }), ...tooLarge },
    {
      name: '100 kB as 200 bytes of gzip',
      body: gzipSync(padding),
      headers: { 'content-encoding': 'gzip' },
      ...tooLarge,
    },
    { name: 'gzip that is none', body: fine, headers: { 'content-encoding': 'gzip' }, ...invalid },
    { name: 'an unknown encoding', body: fine, headers: { 'content-encoding': 'rot13' }, ...wrongType },
    { name: 'another type', body: fine, headers: { 'content-type': 'text/plain' }, ...wrongType },
    { name: 'no type', body: fine, headers: { 'content-type': undefined }, ...wrongType },
    {
      name: 'another charset',
      body: fine,
      headers: { 'content-type': 'application/json; charset=shift_jis' },
      ...wrongType,
    },
  ]
}

const badScheduleIds: [string, string][] = [
  ['null', 'null'],
  ['a text', '"1"'],
  ['true', 'true'],
  ['0', '0'],
  ['-1', '-1'],
  ['a fraction', '1.5'],
  ['1e30', '1e30'],
  ['more than a number can tell apart', '9007199254740993'],
  ['an array', '[1]'],
  ['an object', '{}'],
]

const badUserIds: [string, unknown][] = [
  ['that is empty', ''],
  ['of 65 characters', 'x'.repeat(65)],
  ['with a NUL', 'a\u0000b'],
  ['with a line break', 'a\nb'],
  ['with a control character', 'a\u0085b'],
  ['that is a fraction', 1.5],
  ['that is 1e30', 1e30],
  ['that is true', true],
  ['that is null', null],
  ['that is an array', ['stranger']],
  ['that is an object', { id: 'stranger' }],
]

/** Bodies of a join by `stranger`; a function takes the schedule that it aims at. */
export const badJoins: (Omit<BadBody, 'body'> & {
  body: BadBody['body'] | ((scheduleId: number) => string)
})[] = [
  ...badForms('{"scheduleId":1}', 'scheduleId'),
  ...badScheduleIds.map(([name, json]) => ({
    name: `a scheduleId that is ${name}`,
    body: `{"scheduleId":${json}}`,
    ...invalid,
    field: 'scheduleId',
  })),
  ...badUserIds.map(([name, userId]) => ({
    name: `a userId ${name}`,
    body: (scheduleId: number) => JSON.stringify({ scheduleId, userId }),
    ...invalid,
    field: 'userId',
  })),
  ...['seat', 'sequence', 'status', 'token', 'constructor', '__proto__'].map((field) => ({
    name: `a field ${field} that is not there`,
    body: (scheduleId: number) => `{"scheduleId":${scheduleId},"${field}":{"sequence":1}}`,
    ...invalid,
    field,
  })),
  ...['bystander', 'owner', 'Stranger', 'stranger ', 102].map((userId) => ({
    name: `${JSON.stringify(userId)}, who is somebody else`,
    body: (scheduleId: number) => JSON.stringify({ scheduleId, userId }),
    status: 403,
    code: 'FORBIDDEN',
  })),
]

const badNumbers: [string, string][] = [
  ['-1', '-1'],
  ['0', '0'],
  ['1e30', '1e30'],
  ['1e400', '1e400'],
  ['a fraction', '2.5'],
  ['a text', '"5"'],
  ['an empty text', '""'],
  ['true', 'true'],
  ['an array', '[5]'],
  ['an object', '{}'],
]

function badLimit(field: string, name: string, json: string): BadBody {
  return { name: `${field} that is ${name}`, body: `{"${field}":${json}}`, ...invalid, field }
}

/** Bodies of an order to steer a room. */
export const badLimits: BadBody[] = [
  ...badForms('{"maxActive":5}', 'body'),
  ...badNumbers.flatMap(([name, json]) => [
    badLimit('maxActive', name, json),
    badLimit('admitPerSecond', name, json),
  ]),
  badLimit('maxActive', 'past its most', '1000001'),
  badLimit('admitPerSecond', 'past its most', '10001'),
  badLimit('admitPerSecond', 'null', 'null'),
  ...['null', '0', '1', '"true"', '[]', '{}'].map((json) => badLimit('paused', json, json)),
  ...['speed', 'max_active', 'version', 'scheduleId', '__proto__'].map((field) => ({
    name: `a field ${field} that is not there`,
    body: `{"maxActive":5,"${field}":5}`,
    ...invalid,
    field,
  })),
  {
    name: 'a right one beside a wrong one',
    body: '{"maxActive":5,"paused":"no"}',
    ...invalid,
    field: 'paused',
  },
]

/** A bearer token with any claims, signed by the identity provider unless told otherwise. */
export function signedToken(
  claims: Record<string, unknown>,
  change: { key?: SigningKey; issuer?: string; audience?: string; expires?: number | null } = {},
): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1_000)
  const expires = change.expires === undefined ? 3_600 : change.expires
  return signClaims(change.key ?? testSigningKey(), {
    iss: change.issuer ?? 'frontrow',
    aud: change.audience ?? 'frontrow',
    iat: nowSeconds,
    ...(expires === null ? {} : { exp: nowSeconds + expires }),
    ...claims,
  })
}

function part(json: object): string {
  return Buffer.from(JSON.stringify(json)).toString('base64url')
}

const roles = ['admin']
const boss = { sub: 'boss', roles }

/** Values of `Authorization` that must not be accepted; each is made from a good admin's bearer token. */
export const badBearers: {
  name: string
  make: (good: string) => Promise<string | undefined> | string | undefined
}[] = [
  { name: 'nothing', make: () => undefined },
  { name: 'an empty value', make: () => '' },
  { name: 'the scheme alone', make: () => 'Bearer' },
  { name: 'another scheme', make: (good) => `Basic ${good}` },
  { name: 'a token without its scheme', make: (good) => good },
  { name: 'junk', make: () => 'Bearer junk' },
  { name: 'three parts of junk', make: () => 'Bearer a.b.c' },
  { name: 'bytes that are not ASCII', make: () => latin1('Bearer ключ') },
  { name: '10 kB', make: () => `Bearer ${'x'.repeat(10_000)}` },
  { name: 'two tokens', make: (good) => `Bearer ${good}, Bearer ${good}` },
  {
    name: 'a token without its signature',
    make: (good) => `Bearer ${good.slice(0, good.lastIndexOf('.') + 1)}`,
  },
  { name: 'a token with another signature', make: (good) => `Bearer ${good.slice(0, -4)}AAAA` },
  {
    name: 'a token with other claims under its signature',
    make: (good) => {
      const [header, , signature] = good.split('.')
      return `Bearer ${header}.${part({ ...boss, iss: 'frontrow', aud: 'frontrow', exp: 9e9 })}.${signature}`
    },
  },
  {
    name: 'a token that says it needs no signature',
    make: () =>
      `Bearer ${part({ alg: 'none' })}.${part({ ...boss, iss: 'frontrow', aud: 'frontrow', exp: 9e9 })}.`,
  },
  { name: 'an expired token', make: async () => `Bearer ${await signedToken(boss, { expires: -60 })}` },
  {
    name: 'a token without an end',
    make: async () => `Bearer ${await signedToken(boss, { expires: null })}`,
  },
  {
    name: 'a token that is not valid yet',
    make: async () => `Bearer ${await signedToken({ ...boss, nbf: Math.floor(Date.now() / 1_000) + 600 })}`,
  },
  {
    name: 'a token signed by somebody else',
    make: async () => {
      const { signingKey: key } = await makeSigningKey('ES256')
      return `Bearer ${await signedToken(boss, { key })}`
    },
  },
  {
    name: 'a token of another issuer',
    make: async () => `Bearer ${await signedToken(boss, { issuer: 'other' })}`,
  },
  {
    name: 'a token for another audience',
    make: async () => `Bearer ${await signedToken(boss, { audience: 'other' })}`,
  },
  { name: 'a token without a subject', make: async () => `Bearer ${await signedToken({ roles })}` },
  {
    name: 'a token with an empty subject',
    make: async () => `Bearer ${await signedToken({ sub: '', roles })}`,
  },
  {
    name: 'a token with a subject of 65 characters',
    make: async () => `Bearer ${await signedToken({ sub: 'x'.repeat(65), roles })}`,
  },
  {
    name: 'a token with an object as its subject',
    make: async () => `Bearer ${await signedToken({ sub: { id: 'boss' }, roles })}`,
  },
]

/** The bytes of a text in UTF-8, one character each, as node:http sends header values. */
export function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** Values that are no queue tokens, some of them made from a live one. `cookie`: whether a cookie can carry the value. */
export const badTokenValues: { name: string; make: (good: string) => string; cookie: boolean }[] = [
  { name: 'empty', make: () => '', cookie: true },
  { name: 'blank', make: () => '   ', cookie: true },
  { name: 'junk', make: () => 'junk', cookie: true },
  { name: 'the word undefined', make: () => 'undefined', cookie: true },
  { name: 'a number', make: () => '1', cookie: true },
  { name: '10 kB long', make: () => 'x'.repeat(10_000), cookie: true },
  { name: 'a live one 10 kB long', make: (good) => `${good}${'0'.repeat(10_000)}`, cookie: true },
  { name: 'not ASCII', make: () => 'ключ', cookie: true },
  { name: 'a UUID that is nobody’s', make: () => '0190a5d5-1f64-7cc3-98c4-dc0c0c07398f', cookie: true },
  { name: 'the zero UUID', make: () => '00000000-0000-0000-0000-000000000000', cookie: true },
  { name: 'a live one without its dashes', make: (good) => good.replaceAll('-', ''), cookie: true },
  { name: 'a live one in braces', make: (good) => `{${good}}`, cookie: true },
  { name: 'a live one in quotes', make: (good) => `"${good}"`, cookie: true },
  { name: 'a live one cut short', make: (good) => good.slice(0, -1), cookie: true },
  { name: 'a live one with one more digit', make: (good) => `${good}0`, cookie: true },
  {
    name: 'a live one with another last digit',
    make: (good) => good.slice(0, -1) + (good.endsWith('0') ? '1' : '0'),
    cookie: true,
  },
  { name: 'a live one twice', make: (good) => `${good}, ${good}`, cookie: true },
  { name: 'a live one encoded as in a URL', make: (good) => good.replaceAll('-', '%2D'), cookie: true },
  {
    name: 'a live one in wide digits',
    make: (good) => good.replaceAll('0', '０').replaceAll('1', '１'),
    cookie: true,
  },
  { name: 'a live one and more behind a semicolon', make: (good) => `${good};x`, cookie: false },
]
