import { z } from 'zod'

const NO_CONTROLS = 'must have no control characters'
const HALF = 'must have no half of a surrogate pair'

/**
 * Text of one line, 1 to `max` characters. It is read without spaces around it and in Unicode's form NFC, so that what looks the same
 * is the same. Refused are control characters, which mean nothing in a name (PostgreSQL could not store NUL at all), and halves of
 * surrogate pairs, which would be stored as replacement characters.
 */
export const line = (max: number) =>
  z
    .string()
    .trim()
    .normalize('NFC')
    .min(1)
    .max(max)
    .regex(/^\P{Cc}*$/u, NO_CONTROLS)
    .refine((text) => text.isWellFormed(), HALF)

/** The same with ends of lines and tabs. */
export const paragraphs = (max: number) =>
  z
    .string()
    .trim()
    .normalize('NFC')
    .min(1)
    .max(max)
    .regex(/^[\P{Cc}\t\r\n]*$/u, 'must have no control characters but tabs and ends of lines')
    .refine((text) => text.isWellFormed(), HALF)

/** Text that is passed on as it is, such as somebody else's token: 1 to `max` characters, with what `line` refuses refused. */
export const opaque = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}*$/u, NO_CONTROLS)
    .refine((text) => text.isWellFormed(), HALF)
