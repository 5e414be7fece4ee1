// Installs the npm packages, and with them Node 24, under which everything else runs. It is plain JavaScript for Node 18 and
// later, because it runs before there is anything else. `node scripts/bootstrap.mjs` installs and does nothing more.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync, statfsSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

const MODULES = join(root, 'node_modules')
const LINKED_NODE = join(MODULES, '.bin', 'node')
/** The first version that strips types without a warning. */
const NODE_MIN = [24, 12]
const FREE_BYTES_MIN = 1_000_000_000

/** Ends the process with one line that says what to do. */
function giveUp(line) {
  console.error(`Frontrow can't start: ${line}`)
  process.exit(1)
}

/** Installs the npm packages where they are missing or differ from package-lock.json, and links Node 24. */
export function ensurePackages() {
  if (Number(process.versions.node.split('.')[0]) < 18) {
    giveUp(`this is Node ${process.versions.node}; it needs Node 18 or later to begin with`)
  }
  if (!isInstalled()) install()
  linkNode()
}

/** Whether every package of the lockfile is there in its version. Optional ones may be for another system and do not count. */
function isInstalled() {
  const installed = readLock(join(MODULES, '.package-lock.json'))
  const wanted = readLock(join(root, 'package-lock.json'))
  if (installed === null || wanted === null) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.optional === true) return true
    if (entry.link === true) return existsSync(join(root, path))
    return installed[path]?.version === entry.version
  })
}

function readLock(path) {
  if (!existsSync(path)) return null
  return JSON.parse(readFileSync(path, 'utf8')).packages
}

function install() {
  const { bavail, bsize } = statfsSync(root)
  if (bavail * bsize < FREE_BYTES_MIN) {
    giveUp(`only ${((bavail * bsize) / 1e9).toFixed(1)} GB of disk is free at ${root}; 1 GB is needed`)
  }
  const began = Date.now()
  console.log('Installing the npm packages (first start, or the lockfile has changed)')
  const { npm_execpath: npmScript, npm_node_execpath: npmNode } = process.env
  const isScript = npmScript !== undefined && /npm-cli\.c?js$/.test(npmScript)
  const [command, ...args] = isScript ? [npmNode ?? process.execPath, npmScript] : ['npm']
  const result = spawnSync(command, [...args, 'ci', '--loglevel=error', '--no-progress'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    // npm passes its settings on in the environment; those of a parent npm must not change this install.
    env: withoutNpmSettings(process.env),
  })
  if (result.error !== undefined) giveUp(`npm can't be run: ${result.error.message}`)
  if (result.status !== 0) {
    console.error(`${result.stdout}${result.stderr}`.trim())
    giveUp('npm could not install the packages (its own words are above)')
  }
  console.log(`The npm packages are there (${((Date.now() - began) / 1000).toFixed(1)} s)`)
}

function withoutNpmSettings(env) {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^npm_(config_loglevel|lifecycle|package)/.test(name)),
  )
}

/** Links Node 24 where npm did not: npm 9 does not when there is an optional package for another processor beside it. */
function linkNode() {
  if (existsSync(LINKED_NODE)) return
  const program = join(MODULES, `node-${process.platform}-${process.arch}`, 'bin', 'node')
  if (existsSync(program))
    symlinkSync(join('..', `node-${process.platform}-${process.arch}`, 'bin', 'node'), LINKED_NODE)
}

/** The Node 24 that came with the packages, or the Node that runs this where there is no package for the system. */
export function node24() {
  if (spawnSync(LINKED_NODE, ['--version']).status === 0) return LINKED_NODE
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return process.execPath
  return giveUp(
    `there is no packaged Node 24 for ${process.platform} on ${process.arch}; install Node ${NODE_MIN.join('.')} or later`,
  )
}

/** Node's flag that adds the settings of `.env`; the environment takes precedence. Empty where there is no such file. */
export function envFileFlags() {
  const file = join(root, '.env')
  if (!existsSync(file)) return []
  try {
    readFileSync(file)
  } catch (error) {
    giveUp(`${file} can't be read: ${error.message}`)
  }
  return [`--env-file=${file}`]
}

/**
 * Runs a program under Node 24 and ends as it ends. Signals are passed on; with `tied` the program also hears (by a
 * closed channel) when this process is killed outright.
 */
export function runUnderNode24(args, { tied = false } = {}) {
  const program = node24()
  const child = spawn(program, args, {
    cwd: process.cwd(),
    stdio: tied ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
    env: { ...process.env, PATH: `${join(MODULES, '.bin')}:${process.env.PATH ?? ''}` },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  if (tied) stopWhenOrphaned(child)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (signal === null) return resolve(code ?? 1)
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name)
      process.kill(process.pid, signal)
    })
  })
}

/** When npm, which started us, is killed, we get no signal; we only see that we have another parent. */
function stopWhenOrphaned(child) {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM')
  }, 1_000).unref()
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  ensurePackages()
}
