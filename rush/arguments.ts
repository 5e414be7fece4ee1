import { admitPerSecond, maxActive } from '@frontrow/proto/values'
import { z } from 'zod'
import { address, option, optionLines, preset, readCommandLine, text } from '../scripts/command-line.ts'
import type { NothingToDo } from '../scripts/command-line.ts'
import { gatewayUrl } from '../scripts/gateway-url.ts'

function number(low: number, high: number, kind = 'a number', isKind = Number.isFinite) {
  return text(`must be ${kind} of ${low} to ${high}`, (given) => {
    const value = Number(given)
    return given.trim() !== '' && value >= low && value <= high && isKind(value)
  }).transform(Number)
}
/** A whole number of `low` to `high`. */
export const integer = (low: number, high: number) => number(low, high, 'a whole number', Number.isInteger)
const within = ({ minValue, maxValue }: z.ZodInt) =>
  integer(minValue ?? Number.MIN_SAFE_INTEGER, maxValue ?? Number.MAX_SAFE_INTEGER)

const toShare = (given: string): number => Number.parseFloat(given) / (given.includes('%') ? 100 : 1)
const isShare = (given: string): boolean => /^\s*(\d+(\.\d+)?|\.\d+)%?\s*$/.test(given) && toShare(given) <= 1
const share = text('must be a share such as 5% or 0.05', isShare).transform(toShare)

/** Only loopback addresses are allowed, because this is a load generator. */
export const loopbackAddress = address
  .refine(({ protocol }) => protocol === 'http:', 'must start with http://')
  .refine(({ hostname }) => /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(hostname), {
    error: ({ input }) => `is ${String(input)}, and this only runs against this machine (localhost)`,
  })
  // The gateway listens on IPv4. With a name each connection would ask DNS, and try ::1 first.
  .transform(({ origin }) => origin.replace('//localhost', '//127.0.0.1'))

const runOptions = z.object({
  fans: preset(integer(1, 1_000_000), '2000', 'people who want seats'),
  // These are the limits of a schedule.
  seats: preset(integer(10, 10_000), '500', 'seats of the schedule it makes'),
  url: option(loopbackAddress, 'http://localhost:8080', 'the gateway (PORT changes the default)'),
  arriveSeconds: preset(number(0, 3_600), '10', 'all have arrived by then, most of them at the start'),
  maxSeconds: preset(number(1, 86_400), '120', 'those still trying then are sent home'),
  maxActive: option(within(maxActive).optional(), 'N', "people let in at once (else the room's limit)"),
  admitPerSecond: option(
    within(admitPerSecond).optional(),
    'N',
    "people let in a second (else the room's limit)",
  ),
  patienceSeconds: preset(number(0, 86_400), '60', 'how long a fan looks for seats that others give up'),
  thinkSeconds: preset(number(0, 600), '0.5', 'mean pause of a fan between two steps'),
  sockets: preset(integer(1, 4_096), '256', 'connections to the gateway'),
  seed: option(integer(0, 4_294_967_295), 'N', 'repeats a crowd; printed at the start'),
  cancelShow: option(
    z.boolean().default(false),
    '',
    'cancel the show at the end and see all money come back',
  ),
  faults: option(
    z.boolean().default(false),
    '',
    'kill and freeze one of two instances of each service meanwhile (INSTANCES=2 npm start)',
  ),
  mailbox: option(
    loopbackAddress.optional(),
    'URL',
    'the mailbox that npm start names: look for one mail an event',
  ),
})

const shareOptions = z.object({
  broke: preset(share, '5%', 'too little money at first'),
  card: preset(share, '20%', 'pay by card'),
  declined: preset(share, '20%', 'of these, with a card that is declined'),
  flaky: preset(share, '5%', 'pay or charge by a card that fails at first and works then'),
  walkAway: preset(share, '5%', 'hold seats and go'),
  cancel: preset(share, '5%', 'cancel after paying'),
  repeat: preset(share, '10%', 'send a charge or a payment again with the same key'),
  leave: preset(share, '3%', 'leave the line'),
  bestAvailable: preset(share, '10%', 'let the system choose seats'),
  watch: preset(share, '20%', 'watch now-serving rather than poll their own place'),
  bots: preset(
    share,
    '0%',
    'are no fans but bots, which join without an answer to the check, replay one, or share a claim',
  ),
})

/** How many of the fans do what, as 0 to 1 of all of them; `declined` is of those who pay by card. */
export type Shares = Readonly<z.output<typeof shareOptions>>

/** Everything that shapes a run. The URL is the gateway's, without a slash at the end. */
export type RushOptions = Readonly<z.output<typeof runOptions>> & { readonly shares: Shares }

/** Reads the command line; `seed` is the one to use where none is asked for. */
export function readArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  seed: number,
): { kind: 'run'; options: RushOptions } | NothingToDo {
  const defaults = { url: gatewayUrl(env), seed: String(seed) }
  const line = readCommandLine(argv, runOptions.extend(shareOptions.shape), defaults)
  if (line.kind !== 'values') return line
  return { kind: 'run', options: { ...line.values, shares: line.values } }
}

/** Shown by --help. */
export const usage = `npm run rush -- [options]        an on-sale against what is running on this machine

${optionLines(runOptions)}

Shares of the fans, as 5% or 0.05:
${optionLines(shareOptions)}

Ends with 0 when every invariant holds and no unexpected answer came, with 2 when an option is wrong, with 1 otherwise.`
