/**
 * What a token says at a path of names, such as `realm_access.roles`. A claim whose whole name is the path, as `https://example.org/roles` has
 * dots of its own, goes before what is inside of others. Only what the token itself says is found: a path such as `constructor` names nothing.
 */
export function claimAt(claims: object, path: string): unknown {
  return ownValue(claims, path) ?? path.split('.').reduce<unknown>(ownValue, claims)
}

function ownValue(of: unknown, name: string): unknown {
  if (typeof of !== 'object' || of === null || !Object.hasOwn(of, name)) return undefined
  return Object.getOwnPropertyDescriptor(of, name)?.value
}
