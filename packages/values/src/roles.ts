import { z } from 'zod'
import { claimAt } from './claims.ts'

/** Who may do what beside buying; docs/roles.md has the routes of each. `admin` may do everything. */
export const ROLES = ['admin', 'operator', 'finance', 'door'] as const

/** A role of ours. */
export type Role = (typeof ROLES)[number]

/** A role that may do only what routes name it for. */
export type StaffRole = Exclude<Role, 'admin'>

const role = z.enum(ROLES)
const MAPPING_RULE = `must be pairs such as box-office=operator,accounts=finance, with roles of ${ROLES.join(', ')}`

const mapping = z
  .string()
  .transform((text) => text.split(',').map(readPair))
  .pipe(z.array(z.object({ theirs: z.string().min(1), ours: role }), MAPPING_RULE).min(1))

/** Where tokens name roles, and how. */
export const roleSettings = z.object({
  ROLES_CLAIM: z
    .string()
    .regex(/^[^\s.]+(?:\.[^\s.]+)*$/, 'must be the name of a claim, or a path such as realm_access.roles')
    .default('roles')
    .describe(
      "the claim of a bearer token with the list of its subject's roles: its name, or the path to it, such as `realm_access.roles`",
    ),
  ROLE_MAPPING: z
    .string()
    .refine((text) => mapping.safeParse(text).success, MAPPING_RULE)
    .optional()
    .describe(
      "what the identity provider calls our roles, as `theirs=ours,…`, e.g. `box-office=operator,accounts=finance`; ours are admin, operator, finance and door. Once it is set no other name counts; without it the provider's names are ours",
    ),
})

/** The checked form of `roleSettings`. */
export type RoleSettings = z.output<typeof roleSettings>

/** Makes the function that reads from the claims of a token which roles of ours its subject has; others are passed over. */
export function rolesReader(settings: RoleSettings): (claims: object) => readonly Role[] {
  const pairs = pairsOf(settings)
  return (claims) => {
    const named = claimAt(claims, settings.ROLES_CLAIM)
    if (!Array.isArray(named)) return NONE
    const theirs = new Set<unknown>(named)
    const ours = new Set(pairs.filter((pair) => theirs.has(pair.theirs)).map((pair) => pair.ours))
    return ours.size === 0 ? NONE : ROLES.filter((one) => ours.has(one))
  }
}

/** The claims that name these roles, as the identity provider of these settings would write them: what tokens of development carry. */
export function claimsOfRoles(settings: RoleSettings, roles: readonly Role[]): Record<string, unknown> {
  const pairs = pairsOf(settings)
  const names = roles.flatMap((wanted) => pairs.find(({ ours }) => ours === wanted)?.theirs ?? [])
  const [claim = '', ...inner] = settings.ROLES_CLAIM.includes('://')
    ? [settings.ROLES_CLAIM]
    : settings.ROLES_CLAIM.split('.')
  return { [claim]: inner.reduceRight<unknown>((value, name) => ({ [name]: value }), names) }
}

/** Those of these roles for which the settings have no name, so that no token can carry them. */
export function namelessRoles(settings: RoleSettings, roles: readonly Role[]): Role[] {
  const named = new Set(pairsOf(settings).map(({ ours }) => ours))
  return roles.filter((wanted) => !named.has(wanted))
}

const NONE: readonly Role[] = []

function pairsOf({ ROLE_MAPPING }: RoleSettings): { theirs: string; ours: Role }[] {
  if (ROLE_MAPPING === undefined) return ROLES.map((ours) => ({ theirs: ours, ours }))
  return mapping.parse(ROLE_MAPPING)
}

/** The last `=` parts the two, since only names of theirs may have one. */
function readPair(pair: string): { theirs: string; ours: string } {
  const at = pair.lastIndexOf('=')
  return { theirs: pair.slice(0, Math.max(at, 0)).trim(), ours: pair.slice(at + 1).trim() }
}
