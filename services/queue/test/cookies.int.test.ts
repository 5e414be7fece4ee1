import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { EventReader } from '@frontrow/test-kit/event-reader'
import { placeOf } from './queue-instances.ts'
import type { SeenPlace } from './queue-instances.ts'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { Answer, StandInCatalog } from './queue-under-test.ts'
import type { RunningQueue } from '../src/start.ts'

let environment: TestEnvironment
let catalog: StandInCatalog
let queue: RunningQueue
let client: QueueClient

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  catalog = await startCatalog()
  queue = await startQueueService(environment, catalog, { ACTIVE_MS: '60000' })
  client = new QueueClient(queue)
})

afterAll(async () => {
  await queue?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Lax'
const ME = '/queue/tokens/me'
const GONE = { status: 401, code: 'QUEUE_TOKEN_INVALID' }

/** The cookies of one browser. */
class Browser {
  readonly #cookies = new Map<string, string>()

  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  get names(): string[] {
    return [...this.#cookies.keys()].toSorted()
  }

  forget(name: string): void {
    this.#cookies.delete(name)
  }

  async call(
    method: string,
    path: string,
    options: Parameters<QueueClient['call']>[2] = {},
  ): Promise<Answer> {
    const answer = await client.call(method, path, { cookie: this.cookie, ...options })
    for (const line of answer.headers.getSetCookie()) this.#take(line)
    return answer
  }

  async join(scheduleId: number, user = 'fan'): Promise<SeenPlace> {
    return placeOf(await this.call('POST', '/queue/tokens', { user, body: { scheduleId } }))
  }

  #take(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const [name = '', value = ''] = pair.split('=')
    if (attributes[0] === 'Max-Age=0') {
      attributes.shift()
      this.#cookies.delete(name)
    } else this.#cookies.set(name, value)
    expect(attributes.join('; ')).toBe(ATTRIBUTES)
  }
}

async function twoRooms(): Promise<{ browser: Browser; first: SeenPlace; second: SeenPlace }> {
  const browser = new Browser()
  const first = await browser.join(catalog.addSchedule())
  const second = await browser.join(catalog.addSchedule())
  return { browser, first, second }
}

const is = ({ scheduleId, token }: SeenPlace) => ({ status: 200, data: { scheduleId, token } })
const of = ({ scheduleId }: SeenPlace): string => `?scheduleId=${scheduleId}`

test('two rooms in one browser: each is answered for its own, and the latest one where none is named', async () => {
  const { browser, first, second } = await twoRooms()
  expect(browser.names).toEqual(
    ['tokenId', `tokenId_${first.scheduleId}`, `tokenId_${second.scheduleId}`].toSorted(),
  )
  expect(await browser.call('GET', ME + of(first))).toMatchObject(is(first))
  expect(await browser.call('GET', ME + of(second))).toMatchObject(is(second))
  expect(await browser.call('GET', ME)).toMatchObject(is(second))
  for (const place of [first, second]) {
    const url = `http://127.0.0.1:${queue.ports.http}/api/v1${ME}/events${of(place)}`
    const reader = await EventReader.open(url, { cookie: browser.cookie })
    expect((await reader.event(1)).data).toMatchObject({ scheduleId: place.scheduleId, token: place.token })
    reader.close()
  }
})

test('a reissue replaces the cookie of its room and the latest one, and no other', async () => {
  const { browser, first, second } = await twoRooms()
  const reissued = placeOf(
    await browser.call('PUT', '/queue/tokens', { user: 'fan', body: { scheduleId: first.scheduleId } }),
  )
  expect(reissued.token).not.toBe(first.token)
  expect(await browser.call('GET', ME + of(first))).toMatchObject(is(reissued))
  expect(await browser.call('GET', ME)).toMatchObject(is(reissued))
  expect(await browser.call('GET', ME + of(second))).toMatchObject(is(second))
})

test('leaving one room forgets its cookies, and the latest one only where it is the same token', async () => {
  const { browser, first, second } = await twoRooms()
  expect((await browser.call('DELETE', ME + of(first))).status).toBe(204)
  expect(browser.names).toEqual(['tokenId', `tokenId_${second.scheduleId}`])
  expect(await client.place(first.token)).toMatchObject(GONE)
  expect(await browser.call('GET', ME)).toMatchObject(is(second))
  expect((await browser.call('DELETE', ME)).status).toBe(204)
  expect(browser.names).toEqual([])
})

test('leaving with the header forgets no cookie that carries another token', async () => {
  const { browser, first, second } = await twoRooms()
  await browser.call('DELETE', ME + of(second))
  const again = await browser.join(second.scheduleId)
  const late = await browser.call('DELETE', ME, { token: second.token })
  expect(late.status).toBe(204)
  expect(await browser.call('GET', ME + of(again))).toMatchObject(is(again))
  expect(await browser.call('GET', ME)).toMatchObject(is(again))
  expect(await browser.call('GET', ME + of(first))).toMatchObject(is(first))
})

test('a request that names a room shows and gives up no place in another, whatever cookies are left', async () => {
  const { browser, first, second } = await twoRooms()
  await browser.call('DELETE', ME + of(first))
  expect(await browser.call('DELETE', ME + of(first))).toMatchObject(GONE)
  expect(await browser.call('GET', ME + of(first))).toMatchObject(GONE)
  expect(await browser.call('GET', `${ME}/events${of(first)}`)).toMatchObject(GONE)
  expect(await browser.call('GET', ME + of(second))).toMatchObject(is(second))
  // The only cookie of browsers from before there was one a room.
  browser.forget(`tokenId_${second.scheduleId}`)
  expect(await browser.call('GET', ME + of(second))).toMatchObject(is(second))
})

test('a good header goes before the cookies of all rooms, also before one of a place that has ended', async () => {
  const { browser, first, second } = await twoRooms()
  await client.leave(first.token)
  expect(await browser.call('GET', ME + of(first))).toMatchObject(GONE)
  const renewed = placeOf(await client.join(first.scheduleId, 'fan'))
  expect(await browser.call('GET', ME + of(first), { token: renewed.token })).toMatchObject(is(renewed))
  expect(await browser.call('GET', ME + of(first), { token: second.token })).toMatchObject(is(second))
})

test('of several cookies of one name the first that can be a token is taken', async () => {
  const { first, second } = await twoRooms()
  const name = `tokenId_${first.scheduleId}`
  const get = (cookie: string) => client.call('GET', ME + of(first), { cookie })
  expect(await get(`${name}=; ${name}=junk; ${name}=${first.token}; tokenId=${second.token}`)).toMatchObject(
    is(first),
  )
  expect(await get(`tokenId=${second.token}; tokenId=junk; ${name}=${first.token}`)).toMatchObject(is(first))
  expect(await get(`${name}1=${second.token}; tokenId=${first.token}`)).toMatchObject(is(first))
  expect(await get(`${name}=junk`)).toMatchObject(GONE)
})

test.each(['0', '-1', 'x', '1e3', ''])('?scheduleId=%s names no room and is refused', async (value) => {
  const { browser } = await twoRooms()
  expect(await browser.call('GET', `${ME}?scheduleId=${value}`)).toMatchObject({ code: 'INVALID_REQUEST' })
})
