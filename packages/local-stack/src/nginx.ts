import { chmodSync, chownSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { httpStatus } from './http-status.ts'
import { configuring } from './nginx-configuration.ts'
import type { NginxVersion } from './nginx-configuration.ts'
import type { Certificate, NginxOptions } from './nginx-options.ts'
import { whyNotListen } from './ports.ts'
import { plainEnvironment } from './plain-environment.ts'
import { startProcess } from './process.ts'
import type { RunningProcess } from './process.ts'
import { putAsideWhenFull } from './rotating-log.ts'
import { asAccount, canChangeAccount, closedTo, findAccount } from './run-as.ts'
import type { Account } from './run-as.ts'
import { runCommand, tryCommand } from './run-command.ts'
import { SayOnce } from './say-once.ts'
import { SetupProblem } from './setup-problem.ts'
import { watchInstances } from './watch-instances.ts'
import { watchNetworks, writeNetworks } from './watch-networks.ts'
import type { NetworkFolders, Networks } from './watch-networks.ts'

const CHECK_TIMEOUT_MS = 60_000
const READY_DEADLINE_MS = 60_000
/** A payment waits up to 5 s for its outcome, and its answer may take 3 s more. Event streams are cut off then. */
const STOP_DEADLINE_MS = 9_000
const CERTIFICATE_DAYS = 3650
/** At 10,000 refusals a second, more than a small machine makes, a log grows by some 6 MB in this time. */
const ACCESS_LOG_LOOK_EVERY_MS = 2_000

/** Renders the configuration, has Nginx check it, and runs Nginx. */
export async function startNginx(options: NginxOptions): Promise<RunningProcess> {
  mkdirSync(options.stateFolder, { recursive: true, mode: 0o700 })
  mkdirSync(dirname(options.accessLogFile), { recursive: true })
  const file = join(options.stateFolder, 'nginx.conf')
  const networks = writeNetworks(networkFolders(options))
  const configure = configuring(file, options, await versionOf(options.program))
  configure(new Set())
  const account = await accountFor(options)
  // Without -e Nginx would first open the log path it was compiled with, which belongs to root.
  const args = ['-p', options.stateFolder, '-e', 'stderr', '-g', 'daemon off;', '-c', file]
  const check = async (): Promise<string | null> => {
    const { command, args: asked } = asAccount(options.program, [...args, '-t', '-q'], account)
    const env = plainEnvironment(process.env)
    const { status, output } = await tryCommand(command, asked, { timeoutMs: CHECK_TIMEOUT_MS, env })
    return status === 0 ? null : `Nginx refuses its configuration: ${output.trim()}`
  }
  const refused = await check()
  if (refused !== null) throw new SetupProblem(refused)
  const running = await startProcess({
    name: 'Nginx',
    command: options.program,
    args,
    account,
    logFile: options.logFile,
    logLimits: options.logLimits,
    pidFile: options.pidFile,
    signal: options.signal,
    // The graceful stop: requests in hand are answered.
    stopSignal: 'SIGQUIT',
    stopDeadlineMs: STOP_DEADLINE_MS,
    readyDeadlineMs: READY_DEADLINE_MS,
    isReady: () => isLive(options),
  })
  rotateAccessLog(running, options)
  followNetworks(running, options, networks, check)
  if (options.watchesInstances === true) takeOutTheFailed(running, options, configure)
  return running
}

/** Has Nginx read the lists of networks again when they change. */
function followNetworks(
  running: RunningProcess,
  options: NginxOptions,
  networks: Networks,
  check: () => Promise<string | null>,
): void {
  const ended = new AbortController()
  void running.exited.then(() => ended.abort())
  void watchNetworks(networkFolders(options), networks, ended.signal, async () => {
    const refused = await check()
    if (refused === null) running.send('SIGHUP')
    return refused
  })
}

/** SIGHUP makes Nginx read its configuration again: new workers take the new requests, the old ones end those in hand. */
function takeOutTheFailed(
  running: RunningProcess,
  { upstreams }: NginxOptions,
  configure: (out: ReadonlySet<string>) => void,
): void {
  const ended = new AbortController()
  void running.exited.then(() => ended.abort())
  void watchInstances({
    groups: Object.values(upstreams),
    signal: ended.signal,
    onChange: (out) => {
      configure(out)
      running.send('SIGHUP')
    },
  })
}

/** Nginx writes this log itself, and opens it again when it is asked to. */
function rotateAccessLog(running: RunningProcess, { accessLogFile, logLimits }: NginxOptions): void {
  if (logLimits === undefined) return
  const trouble = new SayOnce(`${accessLogFile} can't be put aside`)
  const rotate = (): void => {
    if (putAsideWhenFull(accessLogFile, logLimits)) running.send('SIGUSR1')
  }
  const look = setInterval(() => void trouble.attempt(rotate), ACCESS_LOG_LOOK_EVERY_MS).unref()
  void running.exited.then(() => clearInterval(look))
}

/** Whether it answers. With the PROXY protocol nobody can ask who does not speak it, so that it listens has to be enough. */
async function isLive({ port, connections }: NginxOptions): Promise<boolean> {
  if (connections?.PROXY_PROTOCOL === 'yes') return (await whyNotListen(port)) !== null
  return (await httpStatus(port, '/health/live')) === 200
}

function pagesFolder(options: NginxOptions): string {
  return options.pagesFolder ?? options.stateFolder
}

/** Some directives have another form in newer versions, which warn of the old one. */
async function versionOf(program: string): Promise<NginxVersion> {
  const { output } = await tryCommand(program, ['-v'], { timeoutMs: CHECK_TIMEOUT_MS })
  const [, major, minor, patch] = /nginx\/(\d+)\.(\d+)\.(\d+)/.exec(output) ?? []
  if (major === undefined)
    throw new SetupProblem(`${program} does not say which Nginx it is: ${output.trim()}`)
  return { major: Number(major), minor: Number(minor), patch: Number(patch) }
}

function networkFolders({ networksFolder, stateFolder }: NginxOptions): NetworkFolders {
  return { networksFolder, stateFolder }
}

/** Nginx must not serve as root. Where we are root, it gets the account that Debian's package made for it. */
async function accountFor(options: NginxOptions): Promise<Account | undefined> {
  if (!canChangeAccount()) return undefined
  const found = await findAccount(['www-data', 'nginx', 'nobody'])
  if (found === null) return undefined
  chownFiles(options, found)
  const { stateFolder, accessLogFile, certificate } = options
  const needed = [
    stateFolder,
    accessLogFile,
    certificate.certificateFile,
    certificate.keyFile,
    pagesFolder(options),
  ]
  return { ...found, readsAll: (await closedTo(found, needed)).length > 0 }
}

/** Gives the files that Nginx writes, and the certificate that it reads, to the account it runs as. */
function chownFiles(options: NginxOptions, account: Pick<Account, 'uid' | 'gid'>): void {
  closeSync(openSync(options.accessLogFile, 'a', 0o600))
  // Of an earlier version, which let everybody read who asked for what.
  chmodSync(options.accessLogFile, 0o600)
  const { certificateFile, keyFile } = options.certificate
  for (const path of [options.stateFolder, options.accessLogFile, certificateFile, keyFile]) {
    chownSync(path, account.uid, account.gid)
  }
}

/** A self-signed certificate for this machine, made once. */
export async function ensureCertificate(openssl: string, folder: string): Promise<Certificate> {
  const certificate = {
    certificateFile: join(folder, 'certificate.pem'),
    keyFile: join(folder, 'certificate-key.pem'),
  }
  if (existsSync(certificate.certificateFile) && existsSync(certificate.keyFile)) return certificate
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  args.push('-days', String(CERTIFICATE_DAYS), '-subj', '/CN=localhost')
  args.push('-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1')
  args.push('-keyout', certificate.keyFile, '-out', certificate.certificateFile)
  await runCommand('making a TLS certificate with openssl', openssl, args, { timeoutMs: CHECK_TIMEOUT_MS })
  return certificate
}
