import { z } from 'zod'

const NO_CONTROLS = 'must have no control characters'
const HALF = 'must have no half of a surrogate pair'
const VISIBLE = 'must have a character that can be seen'
const TURNING = 'must have no characters that turn the direction of text or stand for none'

const hasVisible = (text: string): boolean =>
  text === '' || /[^\p{Default_Ignorable_Code_Point}\p{White_Space}]/u.test(text)

// With embeddings and overrides of its direction a name shows as another one; noncharacters are for a program's own use.
const hasNoTurning = (text: string): boolean =>
  !/[\u202a-\u202e\u2066-\u2069]|\p{Noncharacter_Code_Point}/u.test(text)

/**
 * Text of one line, 1 to `max` characters. It is read without spaces around it and in Unicode's form NFC, so that what looks the same
 * is the same. Refused are control characters, which mean nothing in a name (PostgreSQL could not store NUL at all), halves of
 * surrogate pairs, which would be stored as replacement characters, and what shows nothing or something else than it is. Characters that only join
 * or part others are kept where something is seen, since emoji and Persian are written with them.
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
    .refine(hasVisible, VISIBLE)
    .refine(hasNoTurning, TURNING)

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
    .refine(hasVisible, VISIBLE)
    .refine(hasNoTurning, TURNING)

/** Text that is passed on as it is, such as somebody else's token: 1 to `max` characters, with what `line` refuses refused. */
export const opaque = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}*$/u, NO_CONTROLS)
    .refine((text) => text.isWellFormed(), HALF)
