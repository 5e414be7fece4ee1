import { expect, test } from '@jest/globals'
import { claimsOfRoles, namelessRoles, roleSettings, rolesReader } from './roles.ts'

const read = (claims: object, settings: object = {}) => rolesReader(roleSettings.parse(settings))(claims)

test('without settings the names of the claim `roles` are ours, and others are passed over', () => {
  expect(read({ roles: ['door', 'admin', 'administrator', 7, null] })).toEqual(['admin', 'door'])
  for (const roles of ['admin', { admin: true }, null, undefined, [['admin']]])
    expect(read({ roles })).toEqual([])
  expect(read({})).toEqual([])
})

test.each([
  ['a path', 'realm_access.roles', { realm_access: { roles: ['finance'] } }],
  ['a name with dots', 'https://example.org/roles', { 'https://example.org/roles': ['finance'] }],
  ['a name with a colon', 'cognito:groups', { 'cognito:groups': ['finance'] }],
])('the claim is found by %s', (_how, ROLES_CLAIM, claims) => {
  expect(read(claims, { ROLES_CLAIM })).toEqual(['finance'])
  expect(read({ roles: ['admin'] }, { ROLES_CLAIM })).toEqual([])
})

test('a path that leads nowhere, or to what no token says, names no roles', () => {
  const claims = { realm_access: null, text: 'abc', list: [['admin']] }
  for (const ROLES_CLAIM of [
    'realm_access.roles',
    'text.length',
    'constructor.name',
    '__proto__.roles',
    'list.1',
  ])
    expect(read(claims, { ROLES_CLAIM })).toEqual([])
})

test('with a mapping its names count and no others, so that an admin of the provider is none here', () => {
  const ROLE_MAPPING = 'box-office=operator, accounts=finance,cn=doors=door,box-office=door'
  const settings = { ROLE_MAPPING }
  expect(read({ roles: ['admin', 'operator', 'accounts'] }, settings)).toEqual(['finance'])
  expect(read({ roles: ['box-office'] }, settings)).toEqual(['operator', 'door'])
  expect(read({ roles: ['cn=doors'] }, settings)).toEqual(['door'])
})

test('with a mapping the roles that it leaves out have no name', () => {
  const mapped = roleSettings.parse({ ROLE_MAPPING: 'box-office=operator,doors=door' })
  expect(namelessRoles(mapped, ['admin', 'door', 'finance'])).toEqual(['admin', 'finance'])
  expect(namelessRoles(roleSettings.parse({}), ['admin', 'door'])).toEqual([])
})

test.each(['', 'box-office', '=operator', 'box-office=', 'box-office=boss', 'a=operator,', 'toString'])(
  'the mapping %j is refused with the rule',
  (ROLE_MAPPING) => {
    const [issue] = roleSettings.safeParse({ ROLE_MAPPING }).error?.issues ?? []
    expect(issue?.message).toMatch(/^must be pairs such as/)
  },
)

test.each(['', 'a..b', '.a', 'a.', 'a b'])('the claim %j is refused', (ROLES_CLAIM) => {
  expect(roleSettings.safeParse({ ROLES_CLAIM }).success).toBe(false)
})

test.each([
  {},
  { ROLES_CLAIM: 'realm_access.roles', ROLE_MAPPING: 'boss=admin,box-office=operator' },
  { ROLES_CLAIM: 'https://example.org/roles' },
])('what tokens of development say is read back under the same settings: %j', (given) => {
  const settings = roleSettings.parse(given)
  expect(rolesReader(settings)(claimsOfRoles(settings, ['admin', 'operator']))).toEqual(['admin', 'operator'])
  expect(rolesReader(settings)(claimsOfRoles(settings, []))).toEqual([])
})
