import { z } from 'zod'

/** Which rules hold; the images say production, and Docker Compose and `npm start` development. */
export const nodeEnv = z
  .enum(['production', 'development', 'test'])
  .default('development')
  .describe(
    'with production a process refuses to start with what is for development; the images set it, and Compose sets development where nothing else is said',
  )
