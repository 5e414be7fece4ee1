import { z } from 'zod'

const NO_CONTROLS = 'must have no control characters'
const HALF = 'must have no half of a surrogate pair'
const VISIBLE = 'must have a character that can be seen'
const TURNING = 'must have no characters that turn the direction of text or stand for none'

// The same rules as JSON Schema can say them, for the API reference. Classes of characters are written out, because programs in other
// languages read these patterns and know no \p{…}. Nothing is said of halves of surrogate pairs, which such programs have not, and of the rare
// characters above U+FFFF that are refused. They hold for text without the spaces around it, as the reference says once for all: a pattern that
// allowed for these too could be tried in very many ways on a long row of spaces.
const CONTROLS = String.raw`\x00-\x1f\x7f-\x9f`
const CONTROLS_IN_PARAGRAPHS = String.raw`\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f`
const TURNS = String.raw`\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff`
const UNSEEN = String.raw`\s\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8`

function visiblePattern(controls: string): string {
  const refused = `${controls}${TURNS}`
  return `^[^${refused}]*[^${refused}${UNSEEN}][^${refused}]*$`
}

/** Characters are code points, as JSON Schema and PostgreSQL count them, so that an emoji is one. */
function hasAtMost(max: number): (text: string) => boolean {
  return (text) => text.length <= max || Array.from(text).length <= max
}

const lengthRule = (max: number): string => `must have at most ${max} characters`

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
    .refine(hasAtMost(max), lengthRule(max))
    .refine((text) => !/\p{Cc}/u.test(text), NO_CONTROLS)
    .refine((text) => text.isWellFormed(), HALF)
    .refine(hasVisible, VISIBLE)
    .refine(hasNoTurning, TURNING)
    .meta({ maxLength: max, pattern: visiblePattern(CONTROLS) })

/** The same with ends of lines and tabs. */
export const paragraphs = (max: number) =>
  z
    .string()
    .trim()
    .normalize('NFC')
    .min(1)
    .refine(hasAtMost(max), lengthRule(max))
    .refine(
      (text) => /^[\P{Cc}\t\r\n]*$/u.test(text),
      'must have no control characters but tabs and ends of lines',
    )
    .refine((text) => text.isWellFormed(), HALF)
    .refine(hasVisible, VISIBLE)
    .refine(hasNoTurning, TURNING)
    .meta({ maxLength: max, pattern: visiblePattern(CONTROLS_IN_PARAGRAPHS) })

/** Text that is passed on as it is, such as somebody else's token: 1 to `max` characters, with what `line` refuses refused. */
export const opaque = (max: number) =>
  z
    .string()
    .min(1)
    .refine(hasAtMost(max), lengthRule(max))
    .refine((text) => !/\p{Cc}/u.test(text), NO_CONTROLS)
    .refine((text) => text.isWellFormed(), HALF)
    .meta({ maxLength: max, pattern: `^[^${CONTROLS}]*$` })
