import { uuid } from '@frontrow/values/ids'
import { z } from 'zod'

/** Fields that answers of several routes have. */
export const reservationId = uuid.meta({ example: '01932c07-a3c1-7d6e-9f0a-5b1c2d3e4f50' })

/** One seat as it was sold. */
export const seat = z.object({
  seatId: z.int().meta({ example: 1001 }),
  seatNumber: z.int().meta({ example: 1 }),
  section: z.string().meta({ example: 'A' }),
  row: z.string().meta({ example: '1' }),
  grade: z.string().meta({ example: 'VIP' }),
  price: z.int().meta({ description: 'In the smallest unit of the currency', example: 150_000 }),
})
