/** Proves the money of a running system, which it only reads: npm run ledger:check (docs/operations.md) */
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { z } from 'zod'
import { explainUsage, optionLines, preset, readCommandLine, text } from '../scripts/command-line.ts'
import { checkMoney } from './check-money.ts'
import type { MoneyReport } from './check-money.ts'
import { comparedServices, databaseVariable, readDatabases } from './databases.ts'

const HOLDS = 0
const DOES_NOT_HOLD = 1
const NOT_CHECKED = 2

const isCount = (given: string): boolean => /^[1-9]\d{0,3}$/.test(given)
const options = z.object({
  lines: preset(
    text('must be a whole number from 1 to 9,999', isCount).transform(Number),
    '10',
    'how many rows to show of those that break a rule',
  ),
})
const usage = `npm run ledger:check -- [options]     proves the money of a running system (docs/operations.md)

${optionLines(options)}

It checks the copy that npm start runs in DATA_DIR, or the databases in ${comparedServices.map(databaseVariable).join(', ')}.
Ends with 0 when all rules hold, with 1 when one does not, with 2 when it could not be checked.`

/** Where the command reads its settings and writes its lines. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly print: (line: string) => void
  readonly complain: (line: string) => void
}

/** Runs the command; returns its exit code. */
export async function runLedgerCheck(
  argv: readonly string[],
  { env, print, complain }: Surroundings,
): Promise<number> {
  const line = readCommandLine(argv, options)
  if (line.kind !== 'values')
    return explainUsage('ledger:check', line, usage, { log: print, error: complain })
  try {
    const report = await checkMoney(readDatabases(env), line.values.lines)
    for (const shown of reportLines(report)) print(shown)
    return holds(report) ? HOLDS : DOES_NOT_HOLD
  } catch (error) {
    complain(`ledger:check: ${explain(error)}`)
    if (!(error instanceof SetupProblem) && !(error instanceof Error && error.cause !== undefined))
      throw error
    return NOT_CHECKED
  }
}

function holds({ findings }: MoneyReport): boolean {
  return findings.every(({ broken }) => broken === 0)
}

function reportLines(report: MoneyReport): string[] {
  const { checkedAt, wallets, entries, payments, unsettled, findings } = report
  const counted = (count: number): string => count.toLocaleString('en')
  const atWork = unsettled === 0 ? '' : `, ${counted(unsettled)} more are at work`
  return [
    `${counted(wallets)} wallets, ${counted(entries)} ledger entries, ${counted(payments)} payments${atWork}; ${checkedAt.toISOString()}`,
    ...findings.flatMap(({ rule, broken, lines }) => {
      if (broken === 0) return [`  holds     ${rule}`]
      const more = broken > lines.length ? [`              and ${counted(broken - lines.length)} more`] : []
      return [
        `  BROKEN    ${rule}: ${counted(broken)}`,
        ...lines.map((line) => `              ${line}`),
        ...more,
      ]
    }),
    holds(report) ? 'the ledger holds' : 'the ledger DOES NOT HOLD',
  ]
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // An AggregateError, which a refused connection is, has no message of its own.
  const own = error.message || ('code' in error ? String(error.code) : error.name)
  return error.cause === undefined ? own : `${own}: ${explain(error.cause)}`
}

if (import.meta.main) {
  try {
    process.exitCode = await runLedgerCheck(process.argv.slice(2), {
      env: process.env,
      print: console.log,
      complain: console.error,
    })
  } catch (error) {
    // Node would exit with 1, but a defect of the checker must not look like lost money.
    console.error(error)
    process.exitCode = NOT_CHECKED
  }
}
