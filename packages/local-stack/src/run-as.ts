import { closeSync, fchownSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { runCommand, tryCommand } from './run-command.ts'

const CHOWN_TIMEOUT_MS = 30_000

/** The system account a program runs as when we are root; without it the program runs as we do. */
export interface Account {
  name: string
  uid: number
  gid: number
  /**
   * Lets the account read every file of this machine, because what it needs lies below a folder that is closed to it, such as root's home,
   * which its user would have to open otherwise. It writes to what is its own alone, and has no other right of root's; but see `rightToRead`.
   */
  readsAll: boolean
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
  // A program that is run later cannot get back what was given up, setuid or not.
  flags.push('--no-new-privs')
  if (!account.readsAll) return [...flags, '--inh-caps=-all']
  const right = rightToRead()
  flags.push(`--inh-caps=-all,+${right}`, `--ambient-caps=+${right}`)
  // Java asks the kernel whether it may read a file (access(2)), which answers by the capabilities of another account only with this bit.
  if (rootMay(CAP_SETPCAP)) flags.push('--securebits=+no_setuid_fixup')
  return flags
}

// Numbers of linux/capability.h.
const CAP_DAC_READ_SEARCH = 2n
const CAP_SETPCAP = 8n

/** The right by which all files can be read. Root in a container may not have the one for that alone (Docker's default), and has that to write as well. */
function rightToRead(): string {
  return rootMay(CAP_DAC_READ_SEARCH) ? 'dac_read_search' : 'dac_override'
}

/** Whether root has this right here. */
function rootMay(capability: bigint): boolean {
  const [, rights = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return ((BigInt(`0x${rights}`) >> capability) & 1n) === 1n
}

/** Whether a program can run as another account: that takes root and setpriv. */
export function canChangeAccount(): boolean {
  return process.getuid?.() === 0 && setpriv !== null
}

/** The first of these system accounts that exists, or null. */
export async function findAccount(names: readonly string[]): Promise<Omit<Account, 'readsAll'> | null> {
  for (const name of names) {
    const uid = await tryCommand('id', ['-u', name], { timeoutMs: 60_000 })
    const gid = await tryCommand('id', ['-g', name], { timeoutMs: 60_000 })
    if (uid.status === 0 && gid.status === 0)
      return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) }
  }
  return null
}

/** Which of these files and folders an account can't read with its own rights alone. */
export async function closedTo(
  account: Omit<Account, 'readsAll'>,
  paths: readonly string[],
): Promise<string[]> {
  const closed: string[] = []
  for (const path of paths) {
    const isOpen = ['-r', path, '-a', '(', '!', '-d', path, '-o', '-x', path, ')']
    const ask = asAccount('test', isOpen, { ...account, readsAll: false })
    if ((await tryCommand(ask.command, ask.args, { timeoutMs: 60_000 })).status !== 0) closed.push(path)
  }
  return closed
}

/**
 * The account that a server runs as when we are root: the first of `names` that this machine has. What is in its data folder becomes that
 * account's own; `reads` is what it reads beside that.
 */
export async function accountForServer(
  names: readonly string[],
  dataFolder: string,
  reads: readonly string[] = [],
): Promise<Account | undefined> {
  if (!canChangeAccount()) return undefined
  const found = await findAccount(names)
  if (found === null) return undefined
  await giveTo(found, dataFolder)
  return { ...found, readsAll: (await closedTo(found, [dataFolder, ...reads])).length > 0 }
}

/** Makes a folder and all that is in it an account's own. */
export async function giveTo({ uid, gid }: Pick<Account, 'uid' | 'gid'>, folder: string): Promise<void> {
  // Links are changed themselves: one that somebody has put there must not give away what it leads to.
  const args = ['-Rh', `${uid}:${gid}`, folder]
  await runCommand(`giving ${folder} to its server`, 'chown', args, { timeoutMs: CHOWN_TIMEOUT_MS })
}

/**
 * Writes a file that only `account` reads, in a folder that may be the account's: what stands there is put aside, so that root's hand is
 * never led to another file by a link.
 */
export function writeFileFor(
  account: Pick<Account, 'uid' | 'gid'> | undefined,
  file: string,
  content: string,
): void {
  rmSync(file, { force: true })
  const fd = openSync(file, 'wx', 0o600)
  try {
    writeSync(fd, content)
    if (account !== undefined) fchownSync(fd, account.uid, account.gid)
  } finally {
    closeSync(fd)
  }
}
