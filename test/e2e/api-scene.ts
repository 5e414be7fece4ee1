import { randomUUID } from 'node:crypto'
import { createClient } from '@frontrow/postgres/pool'
import { eventually } from '@frontrow/test-kit/eventually'
import { z } from 'zod'
import { ask, enter, openOnSale } from './on-sale-network.ts'
import type { OnSaleNetwork } from './on-sale-network.ts'
import type { Operation, Request } from './api-reference.ts'

/** Things that are there, by the names that paths and bodies have for them. */
export interface Scene {
  /** Who asks where no admin has to. */
  userId: string
  queueToken: string
  ids: Readonly<Record<string, string | number>>
}

const FAN = 'reader-101'
const MONEY = 1_000_000

/** Makes one of everything that a route can be asked about. */
export async function makeScene(network: OnSaleNetwork): Promise<Scene> {
  const { concertId, scheduleId } = await openOnSale(network, 200)
  const queueToken = await enter(network, FAN, scheduleId, MONEY)
  const admin = (path: string, body: object) =>
    ask(network, 'POST', `/api/v1/admin${path}`, { as: 'scene', admin: true, body })
  const venue = await admin('/venues', { name: 'Hall of the reference' })
  const charge = await ask(network, 'POST', `/api/v1/users/${FAN}/balance/charge`, {
    as: FAN,
    body: { amount: 50_000 },
  })
  // The place is used once its last live hold is paid, so one stays.
  await holdOf(network, { userId: FAN, scheduleId, queueToken })
  const reservationId = await holdOf(network, { userId: FAN, scheduleId, queueToken })
  const paid = await payFor(network, FAN, reservationId)
  const code = await ticketOf(network, FAN, reservationId)
  const map = await ask(network, 'GET', `/api/v1/concerts/${concertId}/schedules/${scheduleId}/seats`, {
    as: FAN,
    queueToken,
  })
  const webhookId = await makeWebhook(network)
  return {
    userId: FAN,
    queueToken,
    ids: {
      concertId,
      scheduleId,
      seatId: 1,
      userId: FAN,
      venueId: venue.data.venueId,
      transactionId: charge.data.transactionId,
      reservationId,
      paymentId: paid,
      jobId: paid,
      version: z.string().parse(map.data.layoutEndpoint).split('/').at(-1) ?? '',
      webhookId,
      code,
      ...(await addRows(network, webhookId)),
    },
  }
}

/** Holds a seat, the best that there is, and pays nothing. */
async function holdOf(
  network: OnSaleNetwork,
  { userId, scheduleId, queueToken }: { userId: string; scheduleId: number | string; queueToken: string },
): Promise<string> {
  const held = await ask(network, 'POST', '/api/v1/reservations', {
    as: userId,
    queueToken,
    body: { scheduleId, quantity: 1 },
  })
  return z.string().parse(held.data?.reservationId)
}

async function payFor(network: OnSaleNetwork, userId: string, reservationId: string): Promise<string> {
  const body = { reservationId, paymentMethod: 'BALANCE' }
  const paid = await ask(network, 'POST', '/api/v1/payments', { as: userId, key: randomUUID(), body })
  return z.string().parse(paid.data?.paymentId)
}

/** The code of the first ticket, once the payment has settled. */
function ticketOf(network: OnSaleNetwork, userId: string, reservationId: string): Promise<string> {
  return eventually(async () => {
    const ticket = await ask(network, 'GET', `/api/v1/reservations/${reservationId}/ticket`, { as: userId })
    return z.string().parse(ticket.data?.tickets[0]?.code)
  })
}

/** Registers a webhook for events that never come here. */
export async function makeWebhook(network: OnSaleNetwork): Promise<string> {
  const body = { url: 'https://hooks.example.com/frontrow', eventTypes: ['payment.refunded'] }
  const made = await ask(network, 'POST', '/api/v1/admin/webhooks', { as: 'scene', admin: true, body })
  return z.string().parse(made.data?.webhookId)
}

/** What other processes write: a parked message, a mail and a delivery, which nobody works on here. */
async function addRows(network: OnSaleNetwork, webhookId: string): Promise<Record<string, string>> {
  const owner = createClient(network.environment.adminDatabaseUrl, 'api-scene')
  await owner.connect()
  const ids = { deadLetterId: randomUUID(), noticeId: randomUUID(), deliveryId: randomUUID() }
  try {
    await owner.query(
      `INSERT INTO payment.dead_letters (dead_letter_id, topic, consumer, dead_letter_partition, dead_letter_offset, message_key, value, headers, error, attempts)
       VALUES ($1, 'frontrow.payment.events', 'nobody', 0, $2, 'key', '{}', $3, 'parked by a test', 1)`,
      [
        ids.deadLetterId,
        Math.floor(Math.random() * 1_000_000_000),
        JSON.stringify({ ce_id: randomUUID(), ce_type: 'Unheard', ce_time: new Date().toISOString() }),
      ],
    )
    await owner.query(
      `INSERT INTO payment.notices (notice_id, event_id, kind, user_id, reservation_id, schedule_id, status, is_bulk, due_at, ended_at)
       VALUES ($1, $1, 'CONFIRMATION', $2, $1, 1, 'FAILED', false, now(), now())`,
      [ids.noticeId, FAN],
    )
    await owner.query(
      `INSERT INTO payment.webhook_deliveries (delivery_id, webhook_id, event_id, event_type, subject, body, status, ended_at)
       VALUES ($1, $2, $1, 'payment.approved', 'subject', $3, 'FAILED', now())`,
      [
        ids.deliveryId,
        webhookId,
        JSON.stringify({ type: 'payment.approved', timestamp: new Date(), data: {} }),
      ],
    )
  } finally {
    await owner.end()
  }
  return ids
}

type Fresh = (network: OnSaleNetwork, scene: Scene) => Promise<Partial<Scene>>

const freshHold: Fresh = async (network, scene) => {
  const { scheduleId = '' } = scene.ids
  const userId = `reader-${randomUUID()}`
  const queueToken = await enter(network, userId, Number(scheduleId), 100_000)
  const reservationId = await holdOf(network, { userId, scheduleId, queueToken })
  return { userId, queueToken, ids: { ...scene.ids, userId, reservationId } }
}
const freshPlace: Fresh = async (network, scene) => {
  const userId = `reader-${randomUUID()}`
  const queueToken = await enter(network, userId, Number(scene.ids['scheduleId']))
  return { userId, queueToken, ids: scene.ids }
}
const freshRows: Fresh = async (network, { ids }) => ({
  ids: { ...ids, ...(await addRows(network, String(ids['webhookId']))) },
})
const freshSchedule: Fresh = async (network, { ids }) => {
  const made = await ask(network, 'POST', `/api/v1/admin/concerts/${ids['concertId']}/schedules`, {
    as: 'scene',
    admin: true,
    body: {
      venueId: ids['venueId'],
      performanceAt: '2035-03-01T10:00:00Z',
      bookingOpenAt: '2035-02-01T03:00:00Z',
      bookingCloseAt: '2035-03-01T09:00:00Z',
      sections: [{ section: 'Floor', grade: 'VIP', price: 150_000, rows: 5, seatsPerRow: 10 }],
    },
  })
  return { ids: { ...ids, scheduleId: made.data.scheduleId } }
}

/** What a route uses up or changes is made anew for each of its requests. */
const fresh: Readonly<Record<string, Fresh>> = {
  joinWaitingRoom: async () => ({ userId: `reader-${randomUUID()}` }),
  reissueToken: freshPlace,
  leaveWaitingRoom: freshPlace,
  // Its examples name seats.
  holdSeats: async (network, scene) => {
    const { scheduleId } = await openOnSale(network, 20)
    return freshPlace(network, { ...scene, ids: { ...scene.ids, scheduleId } })
  },
  refreshHold: freshHold,
  cancelReservation: freshHold,
  pay: freshHold,
  checkInTicket: async (network, scene) => {
    const held = { ...scene, ...(await freshHold(network, scene)) }
    const reservationId = String(held.ids['reservationId'])
    await payFor(network, held.userId, reservationId)
    return { ids: { ...scene.ids, code: await ticketOf(network, held.userId, reservationId) } }
  },
  changeSchedule: freshSchedule,
  addSection: freshSchedule,
  changeSeats: freshSchedule,
  retryDeadLetter: freshRows,
  retryNotice: freshRows,
  retryWebhookDelivery: freshRows,
  deleteWebhook: async (network, { ids }) => ({ ids: { ...ids, webhookId: await makeWebhook(network) } }),
}

/** The scene for one request of a route. */
export async function sceneFor(network: OnSaleNetwork, scene: Scene, operationId: string): Promise<Scene> {
  return { ...scene, ...(await fresh[operationId]?.(network, scene)) }
}

/** Names in bodies that stand for something that has to be there. */
const NAMED = ['scheduleId', 'venueId', 'reservationId', 'code']

/** A request as the reference shows it, about what is there. */
export function exampleRequest(
  operation: Operation,
  { ids, userId, queueToken }: Scene,
  body?: unknown,
): Request {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(String(ids[name])),
  )
  const query = new URLSearchParams(
    operation.parameters
      .filter((one) => one.in === 'query' && one.schema.example !== undefined)
      .map(({ name, schema }): [string, string] => [
        name,
        String(NAMED.includes(name) ? ids[name] : schema.example),
      ]),
  )
  const fields =
    body === undefined ? undefined : Object.entries(z.record(z.string(), z.unknown()).parse(body))
  const isAdmins = operation.path.startsWith('/api/v1/admin/')
  return {
    path,
    query: query.toString(),
    ...(operation.needs.bearer
      ? { as: isAdmins ? `admin-${operation.operationId}` : userId, admin: isAdmins }
      : {}),
    ...(operation.needs.queueToken ? { queueToken } : {}),
    ...(fields === undefined
      ? {}
      : {
          body: Object.fromEntries(
            fields.map(([name, value]) => [name, NAMED.includes(name) ? ids[name] : value]),
          ),
        }),
  }
}
