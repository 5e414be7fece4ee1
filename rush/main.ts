/**
 * Runs an on-sale against the system on this machine: thousands of people arrive in a burst, wait, hold, pay and give up,
 * and use nothing but the API. Exits with 0 only when every invariant holds and no unexpected answer came.
 */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { explainUsage } from '../scripts/command-line.ts'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { dataFolderOf } from '../scripts/up-settings.ts'
import { runFolder } from '../scripts/up-checks.ts'
import { createSignIn } from './access.ts'
import type { SignIn } from './access.ts'
import { ApiClient, NoAnswer } from './api-client.ts'
import { readArguments, usage } from './arguments.ts'
import type { RushOptions } from './arguments.ts'
import type { AuditResult } from './answers.ts'
import { auditUntilSettled, readAudit } from './audit.ts'
import { checkFaults } from './check-faults.ts'
import type { Check } from './check-history.ts'
import { checkIsReady } from './check-ready.ts'
import { gatherEvidence } from './gather-evidence.ts'
import type { History } from './history.ts'
import { createExchange } from './http-exchange.ts'
import type { HttpExchange } from './http-exchange.ts'
import { InstanceFailures } from './instance-faults.ts'
import type { InstanceFaults } from './instance-faults.ts'
import { openMailbox } from './mailbox.ts'
import { Measurements } from './measurements.ts'
import { openOnSale, readMaxActive } from './on-sale.ts'
import { PausesEnded, Pauses } from './pauses.ts'
import { progressLine, showProgress } from './progress.ts'
import { allHolds, reportLines } from './report.ts'
import { runCrowd } from './run-crowd.ts'
import type { Rush } from './rush.ts'
import { SeatMaps } from './seat-maps.ts'

const REQUEST_TIMEOUT_MS = 15_000
/** How long tokens are valid after maxSeconds: payments settle, facts are collected, the audit runs. */
const TOKEN_SPARE_SECONDS = 1_800
const INTERRUPTED = 130
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

async function main(): Promise<number> {
  const command = readArguments(process.argv.slice(2), process.env, randomInt(4_294_967_295))
  if (command.kind !== 'run') return explainUsage('rush', command, usage)
  const { options } = command
  const signIn = createSignIn(process.env, Math.ceil(options.maxSeconds) + TOKEN_SPARE_SECONDS)
  const exchange = createExchange(options.url, options.sockets, REQUEST_TIMEOUT_MS)
  try {
    await checkIsReady(exchange, options.url)
    return await runRush(options, signIn, exchange)
  } finally {
    exchange.close()
  }
}

async function runRush(options: RushOptions, signIn: SignIn, exchange: HttpExchange): Promise<number> {
  const runId = `rush-${Date.now().toString(36)}`
  const measurements = new Measurements()
  const history: History = { fans: [], repeats: [] }
  const shopping = new Pauses()
  const settling = new Pauses()
  const api = new ApiClient({ exchange, measurements, shopping, settling, idPrefix: runId })
  const admin = await signIn('rush-admin', ['admin'])
  const sale = await openOnSale(api, admin, options, runId)
  console.log(
    `Rush on schedule ${sale.scheduleId}: ${options.fans} fans, ${options.seats} seats, ${options.url}, --seed ${options.seed}`,
  )
  const seatMaps = new SeatMaps(sale)
  const failures = options.faults ? new InstanceFailures(runFolder(dataFolderOf(process.env))) : undefined
  const mailbox = options.mailbox === undefined ? undefined : await openMailbox(options.mailbox)
  const rush = { api, options, sale, seatMaps, history, measurements, shopping, settling }

  const began = performance.now()
  const halt = new AbortController()
  const breakOff = (): void => {
    settling.end()
    shopping.end()
    exchange.close()
    mailbox?.close()
    halt.abort(new PausesEnded())
  }
  for (const signal of SIGNALS) process.once(signal, breakOff)
  let checks: Check[] | undefined
  let faults: InstanceFaults | undefined
  let audit: AuditResult | undefined
  let elapsedMs = 0
  const work = async (): Promise<void> => {
    const maxActiveBefore = await readMaxActive(api, admin, sale)
    const stopProgress = showProgress((ms) => progressLine(measurements, options.fans, ms))
    try {
      const crowd = runCrowdWithFaults(rush, signIn, runId, failures)
      await Promise.race([crowd, once(halt.signal, 'abort')])
      halt.signal.throwIfAborted()
      faults = await crowd
    } finally {
      elapsedMs = performance.now() - began
      stopProgress()
    }
    const pause = (ms: number): Promise<void> => settling.pause(ms)
    const maxActiveAfter = await readMaxActive(api, admin, sale)
    // An admin may have changed the limit during the run.
    const maxActive =
      maxActiveBefore === undefined || maxActiveAfter === undefined
        ? undefined
        : Math.max(maxActiveBefore, maxActiveAfter)
    checks = [
      ...(faults === undefined ? [] : checkFaults(measurements, faults)),
      ...(await gatherEvidence({ rush, signIn, admin, maxActive, mailbox })),
    ]
    console.log('Waiting for the audit …')
    audit = await auditUntilSettled(() => readAudit(api, admin), pause)
  }
  try {
    await work()
  } catch (error) {
    // When the system stops answering, or a person stops the run, the report still shows what is known so far.
    if (error instanceof NoAnswer) console.error(`Broken off: no answer (${error.message})`)
    else if (!(error instanceof PausesEnded)) throw error
  } finally {
    for (const signal of SIGNALS) process.off(signal, breakOff)
    mailbox?.close()
  }
  const outcome = { measurements, history, elapsedMs, checks, audit }
  console.log(reportLines(outcome).join('\n'))
  if (halt.signal.aborted) return INTERRUPTED
  return allHolds(outcome) ? 0 : 1
}

/** Faults end with the crowd: what nobody was there for says nothing. */
async function runCrowdWithFaults(
  rush: Rush,
  signIn: SignIn,
  runId: string,
  failures: InstanceFailures | undefined,
): Promise<InstanceFaults | undefined> {
  const failing = failures?.run(rush.shopping)
  // It is awaited when the crowd has gone; until then its failure must not end the process.
  failing?.catch(() => undefined)
  try {
    await runCrowd(rush, signIn, runId)
  } finally {
    rush.shopping.end()
    await failing
  }
  return failing
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof SetupProblem)) throw error
  console.error(error.message)
  process.exitCode = 1
}
