import { join } from 'node:path'
import { tryCommand } from '@frontrow/local-stack/run-command'
import type { CommandResult } from '@frontrow/local-stack/run-command'

const root = join(import.meta.dirname, '..', '..')

/** What is tried, as whom, and how much of it. */
export interface Attempt {
  /** The virtual environment that install.sh made. */
  environment: string
  url: string
  token: string
  /** Given to schemathesis as they are. */
  args: readonly string[]
  deadlineMs: number
  signal?: AbortSignal
}

/**
 * Asks the system what schemathesis makes of docs/openapi.json, with all its checks: no 5xx, no status, header or body that is not
 * documented, no wrong request that is taken, and no request refused that the reference allows. The status is not 0 where one fails.
 */
export function tryReference({
  environment,
  url,
  token,
  args,
  deadlineMs,
  signal,
}: Attempt): Promise<CommandResult> {
  return tryCommand(
    join(environment, 'bin', 'schemathesis'),
    [
      `--config-file=${join(import.meta.dirname, 'schemathesis.toml')}`,
      'run',
      join(root, 'docs', 'openapi.json'),
      `--url=${url}`,
      `--header=Authorization: Bearer ${token}`,
      '--phases=examples,coverage,fuzzing',
      '--no-color',
      ...args,
    ],
    {
      timeoutMs: deadlineMs,
      env: { ...process.env, PYTHONPATH: import.meta.dirname, PYTHONDONTWRITEBYTECODE: '1' },
      // It keeps what it found before in a folder beside it.
      cwd: environment,
      signal,
    },
  )
}
