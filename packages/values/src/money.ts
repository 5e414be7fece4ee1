import { z } from 'zod'

/** An amount that may not be negative, in the smallest unit of the currency. */
export const money = z
  .int()
  .nonnegative()
  .meta({ description: 'In the smallest unit of the currency.', example: 150_000 })
