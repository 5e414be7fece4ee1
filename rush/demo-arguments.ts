import { z } from 'zod'
import { option, optionLines, preset, readCommandLine } from '../scripts/command-line.ts'
import type { NothingToDo } from '../scripts/command-line.ts'
import { gatewayUrl } from '../scripts/gateway-url.ts'
import { integer, loopbackAddress } from './arguments.ts'

const demoOptions = z.object({
  fans: preset(integer(20, 2_000), '300', 'people who wait in line at any moment'),
  waitSeconds: preset(integer(5, 600), '30', 'how long who gets in line behind them waits, about'),
  minutes: preset(integer(1, 120), '10', 'it ends by itself after this'),
  url: option(loopbackAddress, 'http://localhost:8080', 'the gateway (PORT changes the default)'),
})

/** What a demo is to be like. The URL is the gateway's, without a slash at the end. */
export type DemoOptions = Readonly<z.output<typeof demoOptions>>

/** Reads the command line. */
export function readDemoArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { kind: 'run'; options: DemoOptions } | NothingToDo {
  const line = readCommandLine(argv, demoOptions, { url: gatewayUrl(env) })
  return line.kind === 'values' ? { kind: 'run', options: line.values } : line
}

/** Shown by --help. */
export const demoUsage = `npm run demo -- [options]        a real line in front of the demo show of what is running on this machine

${optionLines(demoOptions)}

Sets maxActive and admitPerSecond of the waiting room, and puts both back at the end, also after Ctrl-C.
Ends with 0, with 2 when an option is wrong, with 1 where it could not begin or had to give up.`
