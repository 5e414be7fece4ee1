import { afterAll, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@frontrow/test-kit/eventually'
import { livingProcess, processIdentity, stopLeftovers, writePidFile } from '../src/pid-file.ts'
import { startProcess } from '../src/process.ts'
import type { ProcessSpec } from '../src/process.ts'
import { supervise } from '../src/supervise.ts'
import type { Ending, SupervisionEvents } from '../src/supervise.ts'

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

test('a server gets the plain part of our environment and its own, so that it tells nobody of secrets that others have', async () => {
  process.env['STRIPE_SECRET_KEY'] = 'sk_live_of_somebody'
  const spec = shell('told', 'env; echo that is all; exec sleep 60', { env: { OWN: 'its own' } })
  const running = await startProcess(spec)
  try {
    await eventually(() => expect(readFileSync(spec.logFile, 'utf8')).toContain('that is all'))
    expect(readFileSync(spec.logFile, 'utf8')).toMatch(/^OWN=its own$/m)
    expect(readFileSync(spec.logFile, 'utf8')).not.toContain('sk_live')
  } finally {
    Reflect.deleteProperty(process.env, 'STRIPE_SECRET_KEY')
    await running.stop()
  }
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

/** Notes what a supervisor reports. */
function reporter(): { waits: number[]; hows: string[]; recoveries: number; events: SupervisionEvents } {
  const report = {
    waits: [] as number[],
    hows: [] as string[],
    recoveries: 0,
    events: {
      onRestart: ({ how, waitMs }: Ending) => {
        report.hows.push(how)
        report.waits.push(waitMs)
      },
      onRecovered: () => {
        report.recoveries += 1
      },
    },
  }
  return report
}

const never = new AbortController().signal

test('a process that is killed again and again is started each time, after waits that grow to a limit', async () => {
  const kills = 9
  const report = reporter()
  const spec = shell('killed', 'exec sleep 60')
  const pace = { firstWaitMs: 1, waitMaxMs: 8, steadyMs: 600_000 }
  const supervised = await supervise(
    (signal) => startProcess({ ...spec, signal }),
    report.events,
    never,
    pace,
  )
  try {
    for (let kill = 1; kill <= kills; kill += 1) {
      process.kill(livingProcess(spec.pidFile) ?? 0, 'SIGKILL')
      await eventually(() => expect(report.recoveries).toBe(kill))
    }
    expect(report.waits).toEqual([1, 2, 4, 8, 8, 8, 8, 8, 8])
    expect(new Set(report.hows)).toEqual(new Set(['signal SIGKILL']))
    expect(livingProcess(spec.pidFile)).not.toBeNull()
  } finally {
    await supervised.stop()
  }
  expect(livingProcess(spec.pidFile)).toBeNull()
  expect(report.waits).toHaveLength(kills)
})

test('a process that has run for long enough is started again after the shortest wait', async () => {
  const report = reporter()
  const spec = shell('steady', 'exec sleep 60')
  const pace = { firstWaitMs: 1, waitMaxMs: 60_000, steadyMs: 0 }
  const supervised = await supervise(
    (signal) => startProcess({ ...spec, signal }),
    report.events,
    never,
    pace,
  )
  try {
    for (const recoveries of [1, 2, 3]) {
      process.kill(livingProcess(spec.pidFile) ?? 0, 'SIGKILL')
      await eventually(() => expect(report.recoveries).toBe(recoveries))
    }
    expect(report.waits).toEqual([1, 1, 1])
  } finally {
    await supervised.stop()
  }
})

test('a process whose starts fail is tried until one succeeds, and each failure is told', async () => {
  const report = reporter()
  const cure = join(folder, 'cure')
  writeFileSync(cure, '')
  const spec = shell('sick', `test -e ${cure} || exit 7; touch ${folder}/sick-up; exec sleep 60`, {
    isReady: async () => existsSync(join(folder, 'sick-up')),
  })
  const pace = { firstWaitMs: 1, waitMaxMs: 4, steadyMs: 600_000 }
  const supervised = await supervise(
    (signal) => startProcess({ ...spec, signal }),
    report.events,
    never,
    pace,
  )
  try {
    rmSync(cure)
    rmSync(join(folder, 'sick-up'))
    process.kill(livingProcess(spec.pidFile) ?? 0, 'SIGKILL')
    await eventually(() => expect(report.hows.length).toBeGreaterThan(8))
    expect(report.hows[1]).toMatch(/^sick ended while starting \(exit code 7\)/)
    expect(report.recoveries).toBe(0)
    writeFileSync(cure, '')
    await eventually(() => expect(report.recoveries).toBe(1))
  } finally {
    await supervised.stop()
  }
})

test('a process whose first start fails is not tried again', async () => {
  const report = reporter()
  const spec = shell('wrong-settings', 'echo "PORT: must be a number"; exit 1', {
    isReady: async () => false,
  })
  await expect(
    supervise((signal) => startProcess({ ...spec, signal }), report.events, never),
  ).rejects.toThrow(/exit code 1[^]*PORT: must be a number/)
  expect(report.waits).toEqual([])
})

/** All of a log, the oldest first, and the sizes and the last letters of its files. */
function readLog(path: string): { text: string; sizes: number[]; endings: Set<string | undefined> } {
  const ages = [...Array(100).keys()].toReversed()
  const files = ages.map((age) => (age === 0 ? path : `${path}.${age}`)).filter((file) => existsSync(file))
  const texts = files.map((file) => readFileSync(file, 'utf8'))
  return {
    text: texts.join(''),
    endings: new Set(texts.map((text) => text.at(-1))),
    sizes: files.map((file) => statSync(file).size),
  }
}

test('a log with limits is put aside when it is full, and no line is lost or cut', async () => {
  const script = 'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo "out $i"; echo "err $i" >&2; done'
  const spec = shell('chatty', script, { logLimits: { bytesMax: 1_000, filesMax: 100 } })
  await (
    await startProcess(spec)
  ).exited
  const { text, sizes, endings } = readLog(spec.logFile)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000)
  expect(endings).toEqual(new Set(['\n']))
  expect(sizes.length).toBeGreaterThan(20)
  const lines = text.trimEnd().split('\n')
  for (const stream of ['out', 'err']) {
    const numbers = lines.filter((line) => line.startsWith(stream)).map((line) => Number(line.slice(4)))
    expect(numbers).toEqual(Array.from({ length: 3_000 }, (_, index) => index + 1))
  }
  expect(lines).toHaveLength(6_000)
})

test('a log has no more files than its limit, and the newest lines stay', async () => {
  const script = 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo "line $i"; done; printf "the last words"'
  const spec = shell('bounded', script, { logLimits: { bytesMax: 1_000, filesMax: 3 } })
  await (
    await startProcess(spec)
  ).exited
  const { text, sizes } = readLog(spec.logFile)
  expect(sizes).toHaveLength(3)
  expect(text).toMatch(/line 1999\nline 2000\nthe last words\n$/)
})

test('a line that is longer than a log may be is written whole', async () => {
  const spec = shell('long-lines', 'for n in 1 2 3; do printf "%05000d\\n" $n; done', {
    logLimits: { bytesMax: 1_000, filesMax: 10 },
  })
  await (
    await startProcess(spec)
  ).exited
  expect(readLog(spec.logFile).text.split('\n').map(Number)).toEqual([1, 2, 3, 0])
})

test('a server that ends while it starts is reported with the end of its log, where that log has limits too', async () => {
  const spec = shell('dies-logged', 'echo "the disk is on fire"; exit 3', {
    isReady: async () => false,
    logLimits: { bytesMax: 1_000, filesMax: 2 },
  })
  await expect(startProcess(spec)).rejects.toThrow(/exit code 3[^]*the disk is on fire/)
})

test('a process that is ready again in the moment in which it is stopped is stopped', async () => {
  const report = reporter()
  const spec = shell('hurried', 'exec sleep 60')
  const second = Promise.withResolvers<void>()
  let starts = 0
  const pace = { firstWaitMs: 1, waitMaxMs: 1, steadyMs: 600_000 }
  const supervised = await supervise(
    async () => {
      starts += 1
      const running = await startProcess(spec)
      if (starts > 1) await second.promise
      return running
    },
    report.events,
    never,
    pace,
  )
  process.kill(livingProcess(spec.pidFile) ?? 0, 'SIGKILL')
  await eventually(() => {
    expect(starts).toBe(2)
    expect(livingProcess(spec.pidFile)).not.toBeNull()
  })
  const stopped = supervised.stop()
  second.resolve()
  await stopped
  expect(livingProcess(spec.pidFile)).toBeNull()
  expect(report.recoveries).toBe(0)
})

test('a start that is called off while the server answers for the first time fails, and leaves nothing behind', async () => {
  const off = new AbortController()
  const spec = shell('called-off', 'exec sleep 60', {
    signal: off.signal,
    isReady: async () => {
      off.abort(new Error('Ctrl-C'))
      return true
    },
  })
  await expect(startProcess(spec)).rejects.toThrow('Ctrl-C')
  expect(livingProcess(spec.pidFile)).toBeNull()
})

test('a process that ends while all are being stopped is not started again', async () => {
  const report = reporter()
  const halt = new AbortController()
  const spec = shell('ended-early', 'exec sleep 60')
  let exited: Promise<unknown> | undefined
  const supervised = await supervise(
    async () => {
      const running = await startProcess(spec)
      exited = running.exited
      return running
    },
    report.events,
    halt.signal,
  )
  halt.abort()
  process.kill(livingProcess(spec.pidFile) ?? 0, 'SIGKILL')
  await exited
  await new Promise(setImmediate)
  await supervised.stop()
  expect(report.waits).toEqual([])
})
