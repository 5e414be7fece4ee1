import { id } from '@frontrow/values/ids'
import { money } from '@frontrow/values/money'
import { line, opaque, paragraphs } from '@frontrow/values/text'
import { z } from 'zod'

/** The kinds of values that have a word of the domain. Each has this one schema, on every route, in every message and on command lines. */

export const title = line(200).meta({ example: 'First Light' })
export const artist = line(200).meta({ example: 'The Frontrow Band' })
export const description = paragraphs(2_000).meta({ example: 'One night only.' })

export const venueName = line(200).meta({ example: 'Olympic Hall' })
export const address = line(300).meta({ example: '424 Olympic-ro' })
export const city = line(100).meta({ example: 'Seoul' })

export const section = line(50).meta({ example: 'Floor' })
export const grade = line(50).meta({ example: 'VIP' })
/** What a seat costs. */
export const price = money
  .positive()
  .max(1_000_000_000)
  .meta({ description: 'In the smallest unit of the currency.', example: 150_000 })

/** What the card provider knows a card by. */
export const cardToken = opaque(255)

/** The highest value of SEATS_PER_USER_MAX. It keeps a request's list of seats from growing without end. */
export const SEATS_MAX = 100
/** How many seats somebody wants at once. */
export const quantity = z.int().min(1).max(SEATS_MAX)
/** Seats that somebody wants at once. */
export const seatIds = z
  .array(id)
  .min(1)
  .max(SEATS_MAX)
  .refine((ids) => new Set(ids).size === ids.length, 'must not name a seat twice')
  .meta({ uniqueItems: true })

/** Where a schedule is in its life; CANCELLED is final. */
export const scheduleStatus = z.enum(['ON_SALE', 'CLOSED', 'CANCELLED'])

/** How many people a waiting room lets in at most at once, and in a second. */
export const maxActive = z.int().min(1).max(1_000_000)
export const admitPerSecond = z.int().min(1).max(10_000)
