import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { eventually } from '@frontrow/test-kit/eventually'
import { freePorts } from '../src/ports.ts'
import { watchInstances } from '../src/watch-instances.ts'

const pace = { lookEveryMs: 20, changeEveryMs: 20, steadyMs: 600_000, provenAfterAnswers: 50 }
let ports: number[] = []
let looks = 0
const steady: Server = createServer((_request, response) => response.end())
const moody: Server = createServer((_request, response) => {
  looks += 1
  response.end()
})

beforeAll(async () => {
  ports = await freePorts(3)
  await once(steady.listen(ports[0], '127.0.0.1'), 'listening')
})

afterAll(() => {
  for (const server of [steady, moody]) {
    server.closeAllConnections()
    server.close()
  }
})

const address = (index: number): string => `127.0.0.1:${ports[index]}`

test('an instance that comes and goes has to prove itself, one that is alone is never out, and a change that fails is made again', async () => {
  const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
  const told: { out: string[]; looks: number }[] = []
  let failing = 3
  const ended = new AbortController()
  const watching = watchInstances({
    groups: [[address(0), address(1)], [address(2)]],
    signal: ended.signal,
    pace,
    onChange: (out) => {
      failing -= 1
      if (failing >= 0) throw new Error('no space left on device')
      told.push({ out: [...out], looks })
    },
  })
  const open = () => once(moody.listen(ports[1], '127.0.0.1'), 'listening')
  const close = () => {
    moody.closeAllConnections()
    return new Promise((resolve) => moody.close(resolve))
  }
  const soon = { withinMs: 60_000, everyMs: 10 }
  try {
    await eventually(() => expect(told.at(-1)?.out).toEqual([address(1)]), soon)
    expect(said.mock.calls).toEqual([
      ["Nginx can't be told which instances answer: no space left on device\n"],
    ])
    await open()
    await eventually(() => expect(told.at(-1)?.out).toEqual([]), soon)
    expect(told.at(-1)?.looks).toBeLessThan(pace.provenAfterAnswers)
    await close()
    await eventually(() => expect(told.at(-1)?.out).toEqual([address(1)]), soon)
    looks = 0
    await open()
    await eventually(() => expect(told.at(-1)?.out).toEqual([]), soon)
    expect(told.at(-1)?.looks).toBeGreaterThanOrEqual(pace.provenAfterAnswers)
    expect(told).toHaveLength(4)
  } finally {
    ended.abort()
    await watching
    jest.restoreAllMocks()
  }
})
