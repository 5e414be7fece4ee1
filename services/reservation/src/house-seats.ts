import { randomInt } from 'node:crypto'
import { enqueue } from '@frontrow/messaging/outbox'
import type { OutgoingMessage } from '@frontrow/messaging/outbox'
import { inTransaction } from '@frontrow/postgres/transaction'
import { refuse } from '@frontrow/proto/refusals'
import { topics } from '@frontrow/proto/topics'
import type { Context } from './context.ts'
import {
  deleteBlocks,
  endBlocksTogether,
  insertBlocks,
  listUnblocked,
  lockBlocks,
} from './sql/house-seats.ts'
import type { SeatBlock } from './sql/house-seats.ts'

/** Seats of one schedule. */
export interface HouseSeats {
  scheduleId: number
  seatIds: readonly number[]
}

/** The whole second at which seats come back in bulk is drawn from so many, of which the first is one to two seconds away. */
const BACK_WITHIN_SECONDS = 10
const BACK_AFTER_SECONDS = 2

type HouseContext = Pick<Context, 'pool' | 'relay' | 'logger'>

/**
 * Takes seats off sale, all or none, and tells of it; returns those that were not blocked before. Refuses with SEAT_TAKEN where somebody
 * holds or has bought one. A hold that has lapsed is taken over, as buyers do.
 */
export async function blockSeats(
  { pool, relay, logger }: HouseContext,
  { scheduleId, seatIds }: HouseSeats,
): Promise<number[]> {
  const blocks = await inTransaction(pool, async (tx) => {
    const made = await insertBlocks(tx, scheduleId, seatIds)
    const taken = await listUnblocked(tx, scheduleId, seatIds)
    if (taken.length > 0) {
      throw refuse('SEAT_TAKEN', 'a seat is held or sold, so it can not be blocked', {
        details: { seatIds: taken },
      })
    }
    if (made.length > 0) await enqueue(tx, relay, [message('SeatsBlocked', scheduleId, made)])
    return made
  })
  logger.info({ scheduleId, seats: blocks.length }, 'seats were taken off sale')
  return blocks.map(({ seatId }) => seatId)
}

/**
 * Puts those of the seats on sale again that are blocked, and tells of it; returns them. More than one person may have come back together, at
 * a moment at which everybody sees them: who asks for them blindly has nothing of it before. Which second it is, is drawn here and told to nobody. The
 * message goes out at once, so that whoever watches the seats that are left knows that some are coming, and not when.
 */
export async function unblockSeats(
  { pool, relay, logger, config }: HouseContext & Pick<Context, 'config'>,
  { scheduleId, seatIds }: HouseSeats,
): Promise<number[]> {
  const blocks = await inTransaction(pool, async (tx) => {
    const freed = await lockBlocks(tx, scheduleId, seatIds)
    const freedIds = freed.map(({ seatId }) => seatId)
    if (freed.length > config.SEATS_PER_USER_MAX) {
      const inSeconds = BACK_AFTER_SECONDS + randomInt(BACK_WITHIN_SECONDS)
      await endBlocksTogether(tx, scheduleId, freedIds, inSeconds)
    } else await deleteBlocks(tx, scheduleId, freedIds)
    if (freed.length > 0) await enqueue(tx, relay, [message('SeatsUnblocked', scheduleId, freed)])
    return freed
  })
  logger.info({ scheduleId, seats: blocks.length }, 'seats were put on sale again')
  return blocks.map(({ seatId }) => seatId)
}

function message(type: string, scheduleId: number, blocks: readonly SeatBlock[]): OutgoingMessage {
  return { topic: topics.reservationEvents, key: String(scheduleId), type, payload: { scheduleId, blocks } }
}
