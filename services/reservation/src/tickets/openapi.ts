import { replayHeader, writeHeaders, writeRefusals } from '@frontrow/idempotency/write-headers'
import { defineRoute } from '@frontrow/service-host/route'
import { id, pathId } from '@frontrow/values/ids'
import { time } from '@frontrow/values/time'
import { z } from 'zod'
import { reservationId, seat, show } from '../reservation-fields.ts'

// Codes have some 200 characters; what is longer is none.
const CODE_MAX = 1_000
const EXAMPLE_CODE =
  'eyJhbGciOiJFZERTQSIsImtpZCI6Im9qUGUifQ.eyJyZXMiOiJGUi03SzNNOVFXMlhUIiwic2NoIjoxLCJzZWF0IjoxMDAxfQ.ovcTiaX8vEkEA_BTuxlT-eY2WFAWtxn3FLlG8Ae97w-XkHCUii-YWS8rQhQ6is4fmMJzjUO4mdaToKvzdN1zCw'

const reservationNumber = z.string().meta({ example: 'FR-7K3M9QW2XT' })
const scheduleId = z.int().meta({ example: 1 })
const code = z.string().meta({
  description:
    'For a QR code: a JSON Web Token of some 190 characters, signed by Ed25519. It names no person.',
  example: EXAMPLE_CODE,
})

const tickets = z.object({
  reservationId,
  reservationNumber,
  scheduleId,
  schedule: show,
  tickets: z.array(
    z.object({
      seat,
      code,
      checkedInAt: time.nullable().meta({ description: 'When somebody came in with it' }),
    }),
  ),
})

/** GET /reservations/{reservationId}/ticket */
export const getTicketsRoute = defineRoute({
  method: 'get',
  path: '/api/v1/reservations/{reservationId}/ticket',
  operationId: 'getTickets',
  tag: 'Reservations',
  summary: 'The tickets of a confirmed reservation, one for each seat',
  description:
    'Each seat has a code of its own, so that the people of one reservation can come in apart. Who has the code has the seat: show it to its owner only. A reservation that is not CONFIRMED is 409 RESERVATION_NOT_CONFIRMED, with `details` `{status, cancelledAt}`.',
  auth: 'user',
  params: z.object({ reservationId }),
  responses: {
    200: { description: 'In the order of the seats of the reservation', schema: tickets },
  },
  refusals: ['RESERVATION_NOT_FOUND', 'RESERVATION_NOT_CONFIRMED'],
})

/** GET /tickets/keys */
export const getTicketKeysRoute = defineRoute({
  method: 'get',
  path: '/api/v1/tickets/keys',
  operationId: 'getTicketKeys',
  tag: 'Reservations',
  summary: 'The public keys that tickets are verified by, also without a connection',
  description:
    'A JSON Web Key Set (RFC 7517), without the envelope of other answers. The first key signs; the others are of tickets that were handed out before, or the one that signs next. docs/tickets.md has what a code holds and how to verify it. It changes seldom and may be kept for five minutes; a door that goes offline takes it along.',
  auth: 'none',
  responses: {
    200: {
      description: 'The keys',
      contentType: 'application/jwk-set+json',
      schema: z.object({
        keys: z.array(
          z.object({
            kty: z.literal('OKP'),
            crv: z.literal('Ed25519'),
            x: z.string().meta({ example: '6H9_TIt5Vrlrpdu-sTvAWsZoRE0-F-Upt1Gr2SwQEN8' }),
            kid: z.string().meta({ description: 'As the header of a code names it', example: 'ojPe' }),
            alg: z.literal('EdDSA'),
            use: z.literal('sig'),
          }),
        ),
      }),
      headers: { 'Cache-Control': '`public, max-age=300`' },
    },
  },
  refusals: [],
})

/** POST /admin/tickets/check-in */
export const checkInTicketRoute = defineRoute({
  method: 'post',
  path: '/api/v1/admin/tickets/check-in',
  operationId: 'checkInTicket',
  tag: 'Reservations',
  summary: 'Let one person in with the code of a ticket, once',
  description: [
    'A door names its `scheduleId`, so that a ticket of another show is 422 TICKET_OF_OTHER_SCHEDULE. The second time a ticket is shown it is 409 TICKET_USED, with `details` `{reservationNumber, seat, checkedInAt, checkedInBy}`: when it was used before, and by whose token. After a cancellation it is 409 RESERVATION_NOT_CONFIRMED. What is forged, damaged or of another installation is 422 TICKET_INVALID. Two doors at the same moment admit one.',
    'With `Idempotency-Key`, one for each scan, a door that lost the answer asks again and gets it: the person is let in by the first answer. A refusal leaves the key free.',
    '`curl -H "$ADMIN" -H "Idempotency-Key: door-1-scan-118" -H "Content-Type: application/json" -d \'{"code":"eyJ…","scheduleId":1}\' $API/admin/tickets/check-in`',
  ].join('\n\n'),
  auth: 'admin',
  roles: ['door'],
  headers: writeHeaders,
  body: z.strictObject({
    code: z.string().min(1, 'must not be empty').max(CODE_MAX).meta({ example: EXAMPLE_CODE }),
    scheduleId: id.optional().meta({ description: 'The show of the door', example: 1 }),
  }),
  examples: { 'At the door of a show': { code: EXAMPLE_CODE, scheduleId: 1 } },
  responses: {
    200: {
      description: 'Let this person in',
      headers: replayHeader,
      schema: z.object({
        reservationId,
        reservationNumber,
        scheduleId,
        seat,
        checkedInAt: time,
        checkedInBy: z
          .string()
          .meta({ description: 'The door: the subject of its token', example: 'door-1' }),
      }),
    },
  },
  refusals: [
    'TICKET_INVALID',
    'TICKET_OF_OTHER_SCHEDULE',
    'TICKET_USED',
    'RESERVATION_NOT_CONFIRMED',
    ...writeRefusals,
  ],
})

/** GET /admin/schedules/{scheduleId}/check-ins */
export const getCheckInsRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/schedules/{scheduleId}/check-ins',
  operationId: 'getCheckIns',
  tag: 'Reservations',
  summary: 'How many people of a show are in',
  auth: 'admin',
  roles: ['operator', 'door'],
  params: z.object({ scheduleId: pathId }),
  responses: {
    200: {
      description: 'As of now',
      schema: z.object({
        scheduleId,
        tickets: z.int().meta({ description: 'Seats of CONFIRMED reservations', example: 960 }),
        admitted: z.int().meta({ description: 'Those of them that were checked in', example: 412 }),
        cancelledAfterAdmission: z.int().meta({
          description: 'Checked in, and cancelled afterwards: by an admin, or with the show',
          example: 0,
        }),
      }),
    },
  },
  refusals: ['SCHEDULE_NOT_FOUND'],
})

/** The routes of tickets and doors, for the API document. */
export const ticketRoutes = [getTicketsRoute, getTicketKeysRoute, checkInTicketRoute, getCheckInsRoute]
