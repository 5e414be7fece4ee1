/** Exports and erases what is stored about a person: npm run person (docs/personal-data.md) */
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import {
  isDatabaseUnavailable,
  isLockTimeout,
  isRetriableConflict,
  isStatementTimeout,
} from '@frontrow/postgres/errors'
import { createClient } from '@frontrow/postgres/pool'
import { userId } from '@frontrow/values/ids'
import { z } from 'zod'
import { explainUsage, option, optionLines, readCommandLine } from '../scripts/command-line.ts'
import { readOwnersDatabase } from './databases.ts'
import { erasePerson, exportPerson } from './people.ts'
import type { Erasure } from './people.ts'

const DONE = 0
const REFUSED = 1
const NOT_DONE = 2

const options = z.object({
  export: option(userId.optional(), 'ID', 'print all that is stored about this user, as JSON'),
  erase: option(userId.optional(), 'ID', 'erase this user; what has to stay gets a pseudonym'),
  by: option(userId.optional(), 'ID', 'with --erase: which admin does it, for the log of admins'),
})

const usage = `npm run person -- --export ID | --erase ID --by ADMIN     what is stored about a person (docs/personal-data.md)

${optionLines(options)}

It works on the copy that npm start runs in DATA_DIR, or on the database in ADMIN_DATABASE_URL, with the role that owns the schemas.
Ends with 0 when it is done (also where nothing is stored), with 1 when something of the person is still running, with 2 when it could not be done.`

/** Runs the command; returns its exit code. */
export async function runPerson(
  argv: readonly string[],
  {
    env,
    print,
    complain,
  }: {
    env: Readonly<Record<string, string | undefined>>
    print: (line: string) => void
    complain: (line: string) => void
  },
): Promise<number> {
  const line = readCommandLine(argv, options)
  const problem = line.kind === 'values' ? wrongCombination(line.values) : undefined
  const wrong = problem === undefined ? line : ({ kind: 'wrong', problem } as const)
  if (wrong.kind !== 'values') return explainUsage('person', wrong, usage, { log: print, error: complain })
  const { export: exported, erase: erased, by = '' } = wrong.values
  const client = createClient(readOwnersDatabase(env), 'person')
  // The statement at work is rejected with the same error; without a listener it would end the process before that is told.
  client.on('error', () => undefined)
  try {
    await client.connect()
    if (exported !== undefined) {
      print(JSON.stringify(await exportPerson(client, exported), null, 2))
      return DONE
    }
    return tell(await erasePerson(client, erased ?? '', by), { print, complain })
  } catch (error) {
    const failure = failureOf(error)
    if (failure === undefined) throw error
    complain(`person: nothing was ${exported === undefined ? 'erased' : 'exported'}: ${failure}`)
    return NOT_DONE
  } finally {
    await client.end()
  }
}

function wrongCombination(given: z.output<typeof options>): string | undefined {
  if ((given.export === undefined) === (given.erase === undefined)) return 'give one of --export and --erase'
  if ((given.erase === undefined) !== (given.by === undefined))
    return '--by is given with --erase, and only with it'
  if (given.erase !== undefined && given.erase === given.by)
    return '--by must be somebody else than --erase, since the log of admins keeps who did it'
  return undefined
}

/** What an error of the database means to whoever runs the command; undefined where it is a defect. */
function failureOf(error: unknown): string | undefined {
  if (isRetriableConflict(error)) return 'a service changed the same rows meanwhile: run it again'
  if (isLockTimeout(error)) return 'another transaction has held the same rows for too long: run it again'
  if (isStatementTimeout(error)) return 'a statement took too long: run it again when there is less load'
  // The COMMIT itself may have got through: a second run tells.
  if (isDatabaseUnavailable(error)) {
    return `the database can't be reached, or the connection broke (${String(error)}): run it again; after an erasure it says that nothing is stored`
  }
  if (error instanceof Error && 'code' in error && error.code === '42501') {
    return `${error.message}: the role has to own the schemas, and for an erasure to be a superuser or to have GRANT SET ON PARAMETER session_replication_role`
  }
  return undefined
}

function tell(
  erasure: Erasure,
  { print, complain }: { print: (line: string) => void; complain: (line: string) => void },
): number {
  if (erasure.outcome === 'RUNNING') {
    complain('nothing was erased, because this is still running:')
    for (const line of erasure.running) complain(`  ${line}`)
    return REFUSED
  }
  if (erasure.outcome === 'NOTHING') print('nothing is stored about this user')
  else print(`erased; what stays is of ${erasure.pseudonym}: ${JSON.stringify(erasure.rows)}`)
  return DONE
}

if (import.meta.main) {
  try {
    process.exitCode = await runPerson(process.argv.slice(2), {
      env: process.env,
      print: console.log,
      complain: console.error,
    })
  } catch (error) {
    console.error(error instanceof SetupProblem ? `person: ${error.message}` : error)
    process.exitCode = NOT_DONE
  }
}
