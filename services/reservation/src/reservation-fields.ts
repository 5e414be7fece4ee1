import { scheduleStatus } from '@frontrow/proto/values'
import { uuid } from '@frontrow/values/ids'
import { time } from '@frontrow/values/time'
import { z } from 'zod'

/** Fields that answers of several routes have. */
export const reservationId = uuid.meta({ example: '01932c07-a3c1-7d6e-9f0a-5b1c2d3e4f50' })

/** The show that seats are for. */
export const show = z
  .object({
    concertId: z.int().meta({ example: 1 }),
    concertTitle: z.string().meta({ example: 'Night of a Thousand Lights' }),
    venueId: z.int().meta({ example: 1 }),
    venueName: z.string().meta({ example: 'Olympic Hall' }),
    performanceAt: time,
    timeZone: z.string().meta({ description: 'Of the venue', example: 'Asia/Seoul' }),
    status: scheduleStatus.meta({
      description:
        'As the catalog shows it: CANCELLED where the show does not take place, CLOSED once booking has closed',
    }),
  })
  .nullable()
  .meta({ description: 'Null where the catalog does not answer; all else is good all the same' })

/** One seat as it was sold. */
export const seat = z.object({
  seatId: z.int().meta({ example: 1001 }),
  seatNumber: z.int().meta({ example: 1 }),
  section: z.string().meta({ example: 'A' }),
  row: z.string().meta({ example: '1' }),
  grade: z.string().meta({ example: 'VIP' }),
  price: z.int().meta({ description: 'In the smallest unit of the currency', example: 150_000 }),
})
