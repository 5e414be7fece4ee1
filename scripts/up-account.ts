import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { asAccount, canChangeAccount, closedTo, findAccount, giveTo } from '@frontrow/local-stack/run-as'
import type { Account } from '@frontrow/local-stack/run-as'
import { tryCommand } from '@frontrow/local-stack/run-command'
import { filesNamedIn } from './up-environment.ts'
import type { Say } from './up-stack.ts'

const ROOT = join(import.meta.dirname, '..')
/** One that the owner of the machine has made for it, or the one that owns nothing. */
const ACCOUNTS = ['frontrow', 'nobody']
const TRY_TIMEOUT_MS = 60_000

/**
 * The account that our own programs run as when root has started us: the services, what they talk to people with, and the migration step.
 * Undefined where they run as we do. What each of them reads lies in the checkout, in the data folder and in files that settings name.
 */
export async function accountForPrograms(
  dataFolder: string,
  env: NodeJS.ProcessEnv,
  say: Say,
): Promise<Account | undefined> {
  if (!canChangeAccount()) return undefined
  openForPassing(dataFolder)
  const found = await findAccount(ACCOUNTS)
  if (found === null) return undefined
  const compiled = compileCache(dataFolder)
  mkdirSync(compiled, { recursive: true, mode: 0o700 })
  await giveTo(found, compiled)
  const needed = [ROOT, join(ROOT, 'package.json'), compiled, ...filesNamedIn(env)]
  const closed = await closedTo(found, needed)
  const account = { ...found, readsAll: closed.length > 0 }
  const { command, args } = asAccount(process.execPath, ['--version'], account)
  if ((await tryCommand(command, args, { timeoutMs: TRY_TIMEOUT_MS })).status !== 0) {
    say(`The services run as root, since ${found.name} may not execute ${process.execPath}`)
    return undefined
  }
  if (account.readsAll) {
    say(
      `The services run as ${found.name} and may read all files here, since ${closed[0]} is closed to others`,
    )
  }
  return account
}

/** Where Node keeps compiled code between starts. Who runs it writes it: root must not run what another account has put there. */
export function compileCache(dataFolder: string): string {
  return join(dataFolder, 'compile-cache')
}

/**
 * Lets other accounts pass through the data folder to what is theirs in it. They can't list it, and what is not theirs has a mode of its
 * own: whoever makes a file or a folder there closes it.
 */
function openForPassing(dataFolder: string): void {
  for (const folder of [dataFolder, join(dataFolder, 'log'), join(dataFolder, 'tls')]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { uid, mode } = statSync(folder)
    if (uid === 0) chmodSync(folder, (mode & 0o777) | 0o011)
  }
}
