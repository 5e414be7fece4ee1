import { createPublicKey } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { makeSigningKey } from '@frontrow/test-kit/identity-provider'
import { jwtVerify } from 'jose'
import { signBearerTokens } from './bearer-tokens.ts'

test('bearer tokens are what the services accept, each of somebody else', async () => {
  const { signingKey } = await makeSigningKey('RS256')
  const tokens = await signBearerTokens(signingKey, 'fan', 9, { roles: ['admin'] })
  const options = { issuer: 'frontrow', audience: 'frontrow', algorithms: ['RS256'] }
  const key = createPublicKey(signingKey.privateKey)
  const people = await Promise.all(
    tokens.map(async (token) => (await jwtVerify(token, key, options)).payload),
  )
  expect(people[0]).toMatchObject({ sub: 'fan-0', roles: ['admin'] })
  expect(new Set(people.map(({ sub }) => sub)).size).toBe(9)
})
