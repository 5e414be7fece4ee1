import { spawn } from 'node:child_process'
import { SetupProblem } from './setup-problem.ts'

/** Limits and surroundings of a command that runs to its end. */
export interface CommandOptions {
  /** The command is killed, and counts as failed, when it takes longer. */
  timeoutMs: number
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** Aborting it kills the command. */
  signal?: AbortSignal | undefined
}

/** The result of a command; `status` is null when it was killed or could not be started. */
export interface CommandResult {
  status: number | null
  stdout: string
  /** Standard output and error in the order they came. */
  output: string
}

const OUTPUT_CHARS_MAX = 200_000

/** Runs a command to its end; failing is a result, not an error. */
export function tryCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    let stdout = ''
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-OUTPUT_CHARS_MAX)
      output = (output + text).slice(-OUTPUT_CHARS_MAX)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-OUTPUT_CHARS_MAX)
    })
    child.once('error', (error) => resolve({ status: null, stdout, output: `${output}${error.message}` }))
    child.once('close', (status) => resolve({ status, stdout, output }))
  })
}

/** Runs a command that must succeed, and returns its standard output. An error names the command's purpose: `what`. */
export async function runCommand(
  what: string,
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const result = await tryCommand(command, args, options)
  if (result.status === 0) return result.stdout
  options.signal?.throwIfAborted()
  const why = result.status === null ? 'was ended or could not start' : `exit code ${result.status}`
  throw new SetupProblem(`${what} failed (${why}): ${lastLines(result.output, 5)}`)
}

/** The end of a command's output, as one line of a message. */
export function lastLines(text: string, count: number): string {
  const lines = text.split('\n').map((line) => line.trim())
  return lines
    .filter((line) => line !== '')
    .slice(-count)
    .join(' | ')
}
