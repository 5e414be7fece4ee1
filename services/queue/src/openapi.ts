import { defineRoute } from '@frontrow/service-host/route'
import type { RouteSpec } from '@frontrow/service-host/route'
import { id, pathId, userIdInput } from '@frontrow/values/ids'
import { z } from 'zod'
import { adminRoutes } from './admin-openapi.ts'
import { joinCheckKinds } from './join-check/join-check.ts'
import { bodyRefusals, room, scheduleParams } from './room-schemas.ts'
import { placeEnds } from './streams/place-events.ts'

const scheduleIdInput = id.meta({ description: 'The performance.', example: 1 })
const tokenHeaders = z.object({ 'queue-token': z.string().optional(), cookie: z.string().optional() })
const whichPlace = z.object({
  scheduleId: pathId.optional().meta({
    description:
      'The line that the request is about. It chooses among the cookies of a browser that stands in several lines.',
  }),
})

const place = z.object({
  token: z.uuid().meta({ description: 'Send it as Queue-Token; it is kept nowhere in this form.' }),
  scheduleId: z.int(),
  status: z.enum(['WAITING', 'ACTIVE']),
  sequence: z.int().meta({
    description:
      'The place in line. It changes once at most: who joined before the opening gets a drawn one at the opening.',
  }),
  queuePosition: z.int().meta({
    description:
      '1 is the front; 0 when ACTIVE. Before the opening it is by arrival, and says nothing of the draw.',
  }),
  estimatedWaitSeconds: z.int(),
  estimatedWaitTimeMinutes: z.int(),
  pollAfterSeconds: z.number().meta({ description: 'When to ask again; asking earlier changes nothing.' }),
  serverTime: z.iso.datetime(),
  expiresAt: z.iso.datetime().meta({
    description: [
      'ACTIVE: when it ends for who shows up. Whoever is not seen within 90 s of being let in (SHOW_UP_MS; seen is a poll, a',
      "stream or a use of the token after that moment) loses the place then. A hold moves this time to the hold's deadline,",
      'but never past 15 min after the admission (ACTIVE_MAX_MS). WAITING: when it ends unless it is asked for before.',
    ].join(' '),
  }),
})

const eventId = z.string().meta({ example: 'WAITING-7-1234-120-0' })
const roomPause = room.pick({ scheduleId: true, paused: true, serverTime: true })
const placeEnd = z.object({
  status: z.enum(placeEnds),
  ...room.pick({ scheduleId: true, serverTime: true }).shape,
})
const placeEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('place'), id: eventId, data: place }),
  z.object({ event: z.literal('room'), id: eventId, data: roomPause }),
  z.object({ event: z.literal('ended'), id: eventId, data: placeEnd }),
])

/** The longest answers are those of hCaptcha, of some 3,000 characters. */
const ANSWER_LENGTH_MAX = 8_192
const ANSWER_RULE = `must be a text of 1 to ${ANSWER_LENGTH_MAX} characters`
const challenge = z.object({
  scheduleId: z.int(),
  check: z.enum(joinCheckKinds),
  challenge: z
    .string()
    .optional()
    .meta({ description: 'proof-of-work', example: 'tr2k9c.17.Zr0q_1aB.Qm9x4Yv0u1s2t3w4x5y6zA' }),
  difficulty: z.int().optional().meta({ description: 'proof-of-work: zero bits.', example: 17 }),
  expiresAt: z.iso.datetime().optional().meta({ description: 'proof-of-work' }),
  siteKey: z.string().optional().meta({ description: 'turnstile and hcaptcha' }),
  serverTime: z.iso.datetime(),
})

const cookieHeader = {
  'Set-Cookie':
    'The same token for browsers, as tokenId (the latest one) and tokenId_<scheduleId>; HttpOnly, Secure, SameSite=Lax.',
}
const tokenRefusals = ['QUEUE_TOKEN_REQUIRED', 'QUEUE_TOKEN_INVALID', 'UNAUTHENTICATED', 'UNAVAILABLE']

export const joinRoute = defineRoute({
  method: 'post',
  work: 'join',
  path: '/api/v1/queue/tokens',
  operationId: 'joinWaitingRoom',
  tag: 'queue',
  summary: 'Join the waiting room of a schedule',
  description: [
    'ACTIVE at once where nobody waits and there is room; also then the place has to be used or asked for within 90 s. One live',
    'place a user and schedule. After a 503 the place may have been given all the same: joining again is 409',
    'QUEUE_TOKEN_EXISTS then, and PUT gives its token. Where joins are checked against bots, `checkAnswer` answers a challenge of',
    'getChallenge; a join that is repeated because its answer was lost may send the same one. Admins are not checked. An `Idempotency-Key` is passed',
    'over: the schedule and the user name the place, and the token, of which only a hash is kept, could not be given again.',
  ].join(' '),
  auth: 'user',
  body: z.strictObject({
    scheduleId: scheduleIdInput,
    userId: userIdInput.optional(),
    checkAnswer: z
      .string(ANSWER_RULE)
      .min(1, ANSWER_RULE)
      .max(ANSWER_LENGTH_MAX, ANSWER_RULE)
      .optional()
      .meta({
        description: 'The answer to a challenge (getChallenge); where nothing is checked it is passed over.',
      }),
  }),
  examples: { 'For myself': { scheduleId: 1 } },
  responses: { 200: { description: 'The place.', schema: place, headers: cookieHeader } },
  refusals: [
    'FORBIDDEN',
    'SCHEDULE_NOT_FOUND',
    'BOOKING_NOT_OPEN',
    'QUEUE_TOKEN_EXISTS',
    'QUEUE_FULL',
    'JOIN_CHECK_REQUIRED',
    'JOIN_CHECK_FAILED',
    'JOIN_CLAIM_REQUIRED',
    'JOIN_CLAIM_TAKEN',
    'UNAVAILABLE',
    ...bodyRefusals,
  ],
})

export const challengeRoute = defineRoute({
  method: 'get',
  work: 'join',
  path: '/api/v1/queue/schedules/{scheduleId}/challenge',
  operationId: 'getChallenge',
  tag: 'queue',
  summary: 'What has to be answered before I may join',
  description: [
    'A join that is refused with JOIN_CHECK_REQUIRED needs the answer to a challenge as `checkAnswer`. `none`: nothing is asked.',
    '`proof-of-work`: find a whole number n from 0 on such that the SHA-256 of the text `<challenge>.<n>` begins with `difficulty` zero',
    'bits; that text is the answer. It is of this user and this schedule, until `expiresAt`, and brings one place. `turnstile` and',
    "`hcaptcha`: show the provider's widget with `siteKey`; its response is the answer. Where the widget can't be loaded, send any text:",
    'it is let through where the provider is away for the service too, and joins go on then. The schedule is not looked up.',
  ].join(' '),
  auth: 'user',
  params: scheduleParams,
  responses: { 200: { description: 'The challenge.', schema: challenge } },
  refusals: [],
})

export const reissueRoute = defineRoute({
  method: 'put',
  work: 'join',
  path: '/api/v1/queue/tokens',
  operationId: 'reissueToken',
  tag: 'queue',
  summary: 'A new token for the place I have',
  description:
    'For who lost the token. The place stays; the old token is worth nothing from then on. An `Idempotency-Key` is passed over: each request makes a new token, of which only a hash is kept, so that the answer that came last has the good one.',
  auth: 'user',
  body: z.strictObject({ scheduleId: scheduleIdInput, userId: userIdInput.optional() }),
  examples: { 'For myself': { scheduleId: 1 } },
  responses: { 200: { description: 'The same place.', schema: place, headers: cookieHeader } },
  refusals: ['FORBIDDEN', 'SCHEDULE_NOT_FOUND', 'QUEUE_TOKEN_NOT_FOUND', 'UNAVAILABLE', ...bodyRefusals],
})

export const placeRoute = defineRoute({
  method: 'get',
  path: '/api/v1/queue/tokens/me',
  operationId: 'getPlace',
  tag: 'queue',
  summary: 'Where am I',
  description: [
    'Asking keeps the place: WAITING for another 12 h, and ACTIVE for who has not been seen since the admission. It is answered',
    'while Redis or PostgreSQL is away. A 503 loses no place: ask again.',
  ].join(' '),
  auth: 'token',
  queueToken: 'any',
  query: whichPlace,
  headers: tokenHeaders,
  responses: { 200: { description: 'The place.', schema: place } },
  refusals: tokenRefusals,
})

export const placeEventsRoute = defineRoute({
  method: 'get',
  path: '/api/v1/queue/tokens/me/events',
  operationId: 'streamPlace',
  tag: 'queue',
  summary: 'Where am I, as Server-Sent Events',
  description: [
    'Event `place` (data as of getPlace) at once and on every change of status, sequence, position or deadline.',
    'Event `room` (`{scheduleId, paused, serverTime}`) when the room is paused or resumed, and after the first `place` where',
    'it is paused then. Event `ended` (`{status: EXPIRED | LEFT | USED | REISSUED, scheduleId, serverTime}`) when the place',
    'has ended, and then the stream ends. A comment every 15 s keeps it open; a reader that takes nothing is cut off.',
    'Ids name what the reader knows, on every instance alike: who reconnects with `Last-Event-ID`, as an EventSource does by',
    'itself, gets only what changed since, also the `ended` it missed, and 204 where it has that. An open stream counts as being',
    'seen. It stays open while Redis or PostgreSQL is away; an end that comes meanwhile is told when PostgreSQL is back.',
  ].join(' '),
  auth: 'token',
  queueToken: 'any',
  query: whichPlace,
  headers: tokenHeaders.extend({
    'last-event-id': z.string().optional().meta({
      description: 'The `id` of the event received last; any other value starts anew.',
      example: 'WAITING-7-1234-120-0',
    }),
  }),
  responses: {
    200: {
      description: 'The events; each is shown as an object of its fields, with its data read as JSON.',
      contentType: 'text/event-stream',
      schema: placeEvent,
    },
    204: { description: 'The place has ended and `Last-Event-ID` says that you know: do not come back.' },
  },
  refusals: tokenRefusals,
})

export const leaveRoute = defineRoute({
  method: 'delete',
  work: 'join',
  path: '/api/v1/queue/tokens/me',
  operationId: 'leaveWaitingRoom',
  tag: 'queue',
  summary: 'Leave',
  description:
    'Gives the place up. The second time changes nothing and is answered alike, so that an `Idempotency-Key` is passed over. After a 503 it may be asked again.',
  auth: 'token',
  queueToken: 'any',
  query: whichPlace,
  headers: tokenHeaders,
  responses: {
    204: { description: 'Left.', headers: { 'Set-Cookie': 'Forgets the cookies with this token.' } },
  },
  refusals: tokenRefusals,
})

export const nowServingRoute = defineRoute({
  method: 'get',
  path: '/api/v1/queue/schedules/{scheduleId}/now-serving',
  operationId: 'getNowServing',
  tag: 'queue',
  summary: 'How far the line is',
  description:
    "One small answer for everybody, kept for a second by the gateway. A token's `sequence` minus `nowServing` is its place, or a little more where people before it have left.",
  auth: 'none',
  params: scheduleParams,
  responses: {
    200: {
      description: 'The line.',
      schema: room.pick({
        scheduleId: true,
        nowServing: true,
        waiting: true,
        admittedPerMinute: true,
        paused: true,
        serverTime: true,
      }),
    },
  },
  refusals: ['SCHEDULE_NOT_FOUND', 'UNAVAILABLE'],
})

const admissionEntry = z.object({
  kind: z.literal('ADMITTED'),
  number: z.int(),
  sequence: z.int(),
  enteredAt: z.iso.datetime(),
  admittedAt: z.iso.datetime(),
  active: z.int(),
  maxActive: z.int().nullable(),
  admitPerSecond: z.int(),
  hash: z.string(),
})

const endEntry = z.object({
  kind: z.enum(['NO_SHOW', 'TIME_UP']),
  number: z.int(),
  sequence: z.int(),
  admittedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  allowedMs: z.int().meta({ description: 'How long after its admission the place was allowed to last.' }),
  hash: z.string(),
})

export const fairnessRoute = defineRoute({
  method: 'get',
  path: '/api/v1/queue/schedules/{scheduleId}/fairness',
  operationId: 'getFairness',
  tag: 'queue',
  summary: 'All that is needed to check the draw and the order of admissions',
  description:
    'Who comes before the opening is put in random order by a seed whose SHA-256 is public before and which is public after. Every admission, and every end of a place that did not show up or stayed to its absolute end, is an entry of a hash chain. docs/fairness.md says how to replay both; `npm run verify-fairness` does it.',
  auth: 'none',
  params: scheduleParams,
  query: z.strictObject({
    from: pathId
      .optional()
      .meta({ description: 'The first entry of the page, from 1 on; at most 1,000 come.' }),
  }),
  responses: {
    200: {
      description: 'The commitment, the seed and the draw once it is made, and the log.',
      schema: z.object({
        scheduleId: z.int(),
        commitment: z.string().meta({ description: "SHA-256 of the seed's 32 bytes, hex." }),
        seed: z.string().nullable().meta({ description: 'Hex; null before the draw.' }),
        draw: z
          .object({ entries: z.int(), closedAt: z.iso.datetime(), drawnAt: z.iso.datetime() })
          .nullable()
          .meta({ description: 'Entry i of 1 to `entries` got the sequence `entries` + its rank.' }),
        log: z.object({ length: z.int(), head: z.string() }),
        rules: z
          .object({ showUpMs: z.int(), activeMaxMs: z.int() })
          .meta({ description: 'How long people have to show up, and may stay at most; as set now.' }),
        entries: z.array(z.union([admissionEntry, endEntry])),
        nextFrom: z.int().nullable(),
        serverTime: z.iso.datetime(),
      }),
    },
  },
  refusals: ['SCHEDULE_NOT_FOUND', 'UNAVAILABLE'],
})

/** All routes of this service, for the API reference. */
export const routes: readonly RouteSpec[] = [
  joinRoute,
  challengeRoute,
  reissueRoute,
  placeRoute,
  placeEventsRoute,
  leaveRoute,
  nowServingRoute,
  fairnessRoute,
  ...adminRoutes,
]
