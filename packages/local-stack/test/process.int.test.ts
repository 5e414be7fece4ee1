import { afterAll, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@frontrow/test-kit/eventually'
import { livingProcess, processIdentity, stopLeftovers, writePidFile } from '../src/pid-file.ts'
import { startProcess } from '../src/process.ts'
import type { ProcessSpec } from '../src/process.ts'
import { supervise } from '../src/supervise.ts'

const folder = mkdtempSync(join(tmpdir(), 'frontrow-process-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A shell that stands for a server. */
function shell(name: string, script: string, change: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    name,
    command: '/bin/sh',
    args: ['-c', script],
    logFile: join(folder, `${name}.log`),
    pidFile: join(folder, `${name}.pid`),
    stopSignal: 'SIGTERM',
    stopDeadlineMs: 5_000,
    isReady: async () => true,
    readyDeadlineMs: 5_000,
    ...change,
  }
}

test('a server that ends while it starts is reported before its deadline, with the end of its log', async () => {
  const began = Date.now()
  const starting = startProcess(
    shell('dies', 'echo "the disk is on fire"; exit 3', {
      isReady: async () => false,
      readyDeadlineMs: 60_000,
    }),
  )
  await expect(starting).rejects.toThrow(/dies ended while starting \(exit code 3\)[^]*the disk is on fire/)
  expect(Date.now() - began).toBeLessThan(30_000)
})

test('a server that does not answer in time is stopped', async () => {
  const spec = shell('mute', 'exec sleep 60', { isReady: async () => false, readyDeadlineMs: 200 })
  await expect(startProcess(spec)).rejects.toThrow('mute did not answer within 0.2 s')
  expect(livingProcess(spec.pidFile)).toBeNull()
})

test('a server that ignores its stop signal is killed at the deadline', async () => {
  const spec = shell('stubborn', 'trap "" TERM; while :; do sleep 0.1; done', { stopDeadlineMs: 300 })
  const running = await startProcess(spec)
  expect(livingProcess(spec.pidFile)).toBe(running.pid)
  await running.stop()
  expect(processIdentity(running.pid)).toBeNull()
})

test('the children of a server that was killed end with it', async () => {
  const file = join(folder, 'grandchild')
  const running = await startProcess(shell('parent', `sleep 60 & echo $! > ${file}; wait`))
  const grandchild = await eventually(() => {
    const pid = Number(readFileSync(file, 'utf8'))
    expect(pid).toBeGreaterThan(1)
    return pid
  })
  process.kill(running.pid, 'SIGKILL')
  await running.exited
  await eventually(() => expect(processIdentity(grandchild)).toBeNull())
})

test('an aborted start stops the server and fails with the reason', async () => {
  const abort = new AbortController()
  const spec = shell('called-off', 'exec sleep 60', { isReady: async () => false, signal: abort.signal })
  const starting = startProcess(spec)
  abort.abort(new Error('not needed any more'))
  await expect(starting).rejects.toThrow('not needed any more')
  expect(livingProcess(spec.pidFile)).toBeNull()
})

test('servers end when the process that started them is killed outright', async () => {
  const spec = shell('child', 'exec sleep 60')
  const program = `
    import { startProcess } from ${JSON.stringify(join(import.meta.dirname, '..', 'src', 'process.ts'))}
    const spec = ${JSON.stringify({ ...spec, isReady: undefined })}
    await startProcess({ ...spec, isReady: async () => true })
    setInterval(() => {}, 1000)
  `
  const file = join(folder, 'parent.ts')
  writeFileSync(file, program)
  const parent = spawn(process.execPath, [file], { stdio: 'inherit' })
  const pid = await eventually(() => {
    const living = livingProcess(spec.pidFile)
    expect(living).not.toBeNull()
    return living ?? 0
  })
  parent.kill('SIGKILL')
  await eventually(() => expect(processIdentity(pid)).toBeNull())
})

test('a server left by an earlier run is stopped, a stranger that got its process number since is not', async () => {
  const runFolder = join(folder, 'run')
  mkdirSync(runFolder)
  const leftover = spawn('sleep', ['60'])
  const stranger = spawn('sleep', ['60'])
  const leftoverEnded = new Promise((resolve) => leftover.once('exit', resolve))
  writePidFile(join(runFolder, 'leftover.pid'), leftover.pid ?? 0)
  writePidFile(join(runFolder, 'recycled.pid'), stranger.pid ?? 0)
  writeFileSync(join(runFolder, 'recycled.pid.started'), 'another boot 1')
  expect(await stopLeftovers(runFolder, 5_000)).toEqual(['leftover'])
  await leftoverEnded
  expect(processIdentity(stranger.pid ?? 0)).not.toBeNull()
  stranger.kill()
})

test('a process that ends by itself is started again', async () => {
  const reports: string[] = []
  const starts = (): number => readFileSync(spec.logFile, 'utf8').split('up\n').length - 1
  const spec = shell('restarted', 'echo up; exec sleep 60')
  const supervised = await supervise(
    (signal) => startProcess({ ...spec, signal }),
    {
      onRestart: (name, how) => reports.push(`${name} ended: ${how}`),
      onRecovered: (name) => reports.push(`${name} is back`),
      onGiveUp: (name) => reports.push(`${name} is given up`),
    },
    new AbortController().signal,
  )
  try {
    await eventually(() => expect(starts()).toBe(1))
    process.kill(livingProcess(spec.pidFile) ?? 0, 'SIGKILL')
    await eventually(() => expect(starts()).toBe(2))
    await eventually(() => expect(reports).toEqual(['restarted ended: signal SIGKILL', 'restarted is back']))
  } finally {
    await supervised.stop()
  }
  expect(livingProcess(spec.pidFile)).toBeNull()
  expect(reports).toHaveLength(2)
})
