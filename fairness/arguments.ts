import { z } from 'zod'
import { address, breaks, option, optionLines, readCommandLine, text } from '../scripts/command-line.ts'
import type { NothingToDo } from '../scripts/command-line.ts'
import { gatewayUrl } from '../scripts/gateway-url.ts'

const isScheduleId = (given: string): boolean =>
  /^\d{1,16}$/.test(given) && Number(given) >= 1 && Number.isSafeInteger(Number(given))
const scheduleId = text('must be a whole number from 1 on', isScheduleId).transform(Number)

const systemAddress = address
  .refine(({ protocol }) => /^https?:$/.test(protocol), breaks('must start with http:// or https://'))
  .refine(({ username, password }) => username === '' && password === '', 'must name no user')
  .transform(({ origin }) => origin)

const HASH = /^[0-9a-f]{64}$/i
const hash = text('must be 64 hex digits', (given) => HASH.test(given)).toLowerCase()

const HEAD = /^(\d{1,15}):([0-9a-f]{64})$/i
const notedHead = text('must be NUMBER:HASH, the hash 64 hex digits', (given) => HEAD.test(given))
  .toLowerCase()
  .transform((given) => ({ number: Number.parseInt(given, 10), hash: given.slice(given.indexOf(':') + 1) }))

const ENTRY = /^[1-9]\d{0,14}(:[1-9]\d{0,14})?$/
const ownEntry = text('must be ENTRY or ENTRY:SEQUENCE, whole numbers from 1 on', (given) =>
  ENTRY.test(given),
)
  .transform((given) => given.split(':').map(Number))
  .transform(([entry = 0, sequence]) => ({ entry, sequence }))

const fairnessOptions = z.object({
  schedule: option(scheduleId, 'N', 'the number of the schedule; it has to be given'),
  url: option(systemAddress, 'http://localhost:8080', 'the system to check (PORT changes the default)'),
  commitment: option(hash.optional(), 'HEX', 'the commitment as you noted it before the opening'),
  head: option(notedHead.optional(), 'NUMBER:HASH', 'a head of the log as this command printed it earlier'),
  entry: option(ownEntry.optional(), 'ENTRY[:SEQUENCE]', 'the place that the draw gave to your join'),
})

/** What to check, and against what. The URL has no slash at the end. */
export type FairnessOptions = Readonly<Omit<z.output<typeof fairnessOptions>, 'schedule'>> & {
  readonly scheduleId: number
}

/** Reads the command line. */
export function readArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { kind: 'check'; options: FairnessOptions } | NothingToDo {
  const line = readCommandLine(argv, fairnessOptions, { url: gatewayUrl(env) })
  if (line.kind !== 'values') return line
  const { schedule, ...others } = line.values
  return { kind: 'check', options: { scheduleId: schedule, ...others } }
}

/** Shown by --help. */
export const usage = `npm run verify-fairness -- --schedule N [options]     replays one waiting room (docs/fairness.md)

${optionLines(fairnessOptions)}

ENTRY is the sequence of your join before the opening, SEQUENCE the one that you were told after it: they are compared.
Ends with 0 when all that can be checked holds, with 1 when something does not, with 2 when it could not be checked.`
