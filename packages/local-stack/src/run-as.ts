import { statSync } from 'node:fs'
import { runCommand, tryCommand } from './run-command.ts'

const CHOWN_TIMEOUT_MS = 30_000

/** The system account a server runs as when we are root; without it the server runs as we do. */
export interface Account {
  uid: number
  gid: number
  /**
   * Lets the account pass through folders it may not enter. Otherwise a user with the data below root's home would
   * have to open that home to the account.
   */
  passFolders: boolean
}

/** A program and its arguments, as `spawn` takes them. */
export interface CommandLine {
  command: string
  args: string[]
}

const SETPRIV_PATHS = ['/usr/bin/setpriv', '/bin/setpriv', '/usr/sbin/setpriv']

/** Where setpriv is (util-linux: every Linux but the smallest), or null; looked up once. */
const setpriv: string | null =
  SETPRIV_PATHS.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true) ?? null

/**
 * Wraps a command so that the kernel sends it `signal` when our process ends, even by kill -9. setpriv executes the
 * command in its own place, so the process id stays the command's. Without setpriv the command runs unwrapped, and
 * only the pid files tell the next start what was left over.
 */
export function tiedToUs(
  command: string,
  args: readonly string[],
  signal: NodeJS.Signals,
  account?: Account,
): CommandLine {
  if (setpriv === null) return { command, args: [...args] }
  const flags = ['--pdeathsig', signal.replace('SIG', ''), ...accountFlags(account)]
  return { command: setpriv, args: [...flags, command, ...args] }
}

/** Wraps a command that runs to its end under an account. */
export function asAccount(command: string, args: readonly string[], account?: Account): CommandLine {
  if (setpriv === null || account === undefined) return { command, args: [...args] }
  return { command: setpriv, args: [...accountFlags(account), command, ...args] }
}

function accountFlags(account?: Account): string[] {
  if (account === undefined) return []
  const flags = ['--reuid', String(account.uid), '--regid', String(account.gid), '--clear-groups']
  return account.passFolders
    ? [...flags, '--inh-caps=+dac_override', '--ambient-caps=+dac_override']
    : [...flags, '--inh-caps=-all']
}

/** Whether a server can run as another account: that takes root and setpriv. */
export function canChangeAccount(): boolean {
  return process.getuid?.() === 0 && setpriv !== null
}

/** The uid and gid of the first of these system accounts that exists, or null. */
export async function findAccount(names: readonly string[]): Promise<{ uid: number; gid: number } | null> {
  for (const name of names) {
    const uid = await tryCommand('id', ['-u', name], { timeoutMs: 60_000 })
    const gid = await tryCommand('id', ['-g', name], { timeoutMs: 60_000 })
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  }
  return null
}

/** Whether an account can reach a folder with its own rights alone. */
export async function canEnter(account: { uid: number; gid: number }, folder: string): Promise<boolean> {
  const enter = asAccount('test', ['-x', folder], { ...account, passFolders: false })
  return (await tryCommand(enter.command, enter.args, { timeoutMs: 60_000 })).status === 0
}

/**
 * The account that a server runs as when we are root: the first of `names` that this machine has. What is in its data folder becomes that
 * account's own. It is not for Kafka, which asks the system whether it may read a file (access(2)), and is told that it may not where it
 * has to pass through folders.
 */
export async function accountForServer(
  names: readonly string[],
  dataFolder: string,
): Promise<Account | undefined> {
  if (!canChangeAccount()) return undefined
  const ids = await findAccount(names)
  if (ids === null) return undefined
  const limits = { timeoutMs: CHOWN_TIMEOUT_MS }
  // Links are changed themselves: one that somebody has put there must not give away what it leads to.
  await runCommand(
    `giving ${dataFolder} to its server`,
    'chown',
    ['-Rh', `${ids.uid}:${ids.gid}`, dataFolder],
    limits,
  )
  return { ...ids, passFolders: !(await canEnter(ids, dataFolder)) }
}
