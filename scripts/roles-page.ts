import { fileURLToPath } from 'node:url'
import { ROLES } from '@frontrow/values/roles'
import type { RouteAuth, RouteSpec } from '@frontrow/service-host/route'
import { rolesOf } from '@frontrow/service-host/route-roles'
import { format, resolveConfig } from 'prettier'
import { routes } from './api-document.ts'

const PAGE = fileURLToPath(new URL('../docs/roles.md', import.meta.url))

const intro = `<!-- Made from the routes in services/*/src/**/openapi.ts by npm run generate. -->

# Who may do what

A bearer token says who somebody is, and which roles they have: in the claim \`ROLES_CLAIM\`, by the names of
\`ROLE_MAPPING\` ([settings](settings.md)). Several add up. Why they are cut so is in [decision 53](decisions/0053-roles.md).

- \`admin\` may do everything, also for other people.
- \`operator\` runs on-sales: concerts, dates, seats and waiting rooms. Cancelling a show is theirs too.
- \`finance\` looks after money: refunds of single reservations, corrections of wallets, the audit and the log of actions.
- \`door\` checks tickets.
- Whoever has none of them is a fan, and has to do with nobody's things but their own.

Without a valid token an answer is 401; without the role it is 403, which names the roles that would do. Nothing is done before.`

const staffText = `Without one of the roles that are marked the answer is 403. Each write is in the log of actions
(\`GET /api/v1/admin/actions\`) with the role by which it was allowed.`

const othersText = `Everybody who is signed in may call these for themselves. The roles that are marked may for others as
well, where a request can name them; for everybody else, other people's things are 403 or do not exist (404). What such a role writes is in the log of actions.`

const EVERYBODY: Readonly<Record<Exclude<RouteAuth, 'admin' | 'user'>, string>> = {
  none: 'No token is asked for',
  token: 'Whoever has a place in the waiting room: its queue token is asked for',
}

/** docs/roles.md: each route of each service, and who may call it. */
export async function rolesPage(): Promise<string> {
  const of = (auth: RouteAuth): RouteSpec[] => routes.filter((route) => route.auth === auth)
  const parts = [
    intro,
    '## Routes of the staff',
    staffText,
    matrix(of('admin')),
    '## Routes of everybody who is signed in',
    othersText,
    matrix(of('user')),
    ...(['token', 'none'] as const).flatMap((auth) => [`## ${EVERYBODY[auth]}`, list(of(auth))]),
  ]
  return format(parts.join('\n\n'), { ...(await resolveConfig(PAGE)), parser: 'markdown' })
}

function matrix(ofKind: readonly RouteSpec[]): string {
  const rows = ofKind.map((route) => {
    const allowed = rolesOf(route)
    return row([nameOf(route), ...ROLES.map((role) => (allowed.includes(role) ? 'yes' : '')), route.summary])
  })
  const head = ['route', ...ROLES.map((role) => `\`${role}\``), 'what']
  return [row(head), row(head.map(() => '---')), ...rows].join('\n')
}

function list(ofKind: readonly RouteSpec[]): string {
  return ofKind.map((route) => `- ${nameOf(route)}: ${route.summary}`).join('\n')
}

function nameOf({ method, path }: RouteSpec): string {
  return `\`${method.toUpperCase()} ${path}\``
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
