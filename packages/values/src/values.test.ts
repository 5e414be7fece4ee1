import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { z } from 'zod'
import { id, pathId, userId, userIdInput, uuid } from './ids.ts'
import { idCursor, limit, toCursor, uuidCursor } from './page.ts'
import { line, opaque, paragraphs } from './text.ts'
import { date, timeInput, timeZone } from './time.ts'

const reads = (schema: z.ZodType, value: unknown): unknown => {
  const read = schema.safeParse(value)
  return read.success ? read.data : 'refused'
}

describe('a text', () => {
  test('is read without spaces around it, in one form', () => {
    expect(reads(line(50), '  Beyonce\u0301 \u3000')).toBe('Beyonc\u00e9')
    expect(reads(line(1), 'e\u0301')).toBe('\u00e9')
  })

  test('of one form has one reading, however it was typed', () => {
    const typed = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(typed, (text) => {
        expect(reads(line(1_000), text.normalize('NFD'))).toEqual(reads(line(1_000), text.normalize('NFC')))
      }),
    )
  })

  test.each([
    '',
    '   ',
    'x'.repeat(51),
    'a\u0000b',
    'a\nb',
    'a\u009fb',
    '\ud800',
    'a\udc00b',
    '\u200b',
    '\u200d',
    '\u3164',
    'a\u202eb',
    '\u2066a',
    '\ufffe',
    'a\uffff',
  ])('is refused: %j', (text) => expect(reads(line(50), text)).toBe('refused'))

  test('may have characters that join or part others', () => {
    for (const text of [
      '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645',
      '\ud83d\udc68\u200d\ud83c\udfa4',
      'a\u200bb',
    ])
      expect(reads(line(50), text)).toBe(text)
  })

  test('is as long as it has characters, an emoji being one', () => {
    expect(reads(line(3), '\ud83d\ude00'.repeat(3))).toBe('\ud83d\ude00'.repeat(3))
    expect(reads(line(3), '\ud83d\ude00'.repeat(4))).toBe('refused')
  })

  test.each([
    ['of a line', line(50)],
    ['of several lines', paragraphs(50)],
    ['that is passed on', opaque(50)],
  ])('%s is taken where the pattern that the API reference has of it is met', (_which, schema) => {
    const pattern = new RegExp(String(schema.meta()?.['pattern']), 'u')
    const unit = fc.oneof(
      fc.integer({ min: 0, max: 0xd7ff }),
      fc.integer({ min: 0xe000, max: 0xffff }),
      fc.constantFrom(0x20, 0x200b, 0x202e, 0x3000, 0xfeff, 0xffff, 0x61),
    )
    const text = fc.array(unit, { minLength: 1, maxLength: 6 }).map((units) => String.fromCharCode(...units))
    fc.assert(
      fc.property(text, (one) => {
        if (pattern.test(one)) expect(reads(schema, one)).not.toBe('refused')
      }),
      { numRuns: 2_000 },
    )
  })

  test('says which rule it broke', () => {
    const rules = line(50)
      .safeParse('a\ud800\u0007')
      .error?.issues.map(({ message }) => message)
    expect(rules).toEqual(['must have no control characters', 'must have no half of a surrogate pair'])
  })

  test('of several lines may have their ends and tabs, and nothing else', () => {
    expect(reads(paragraphs(50), ' one\r\n\ttwo ')).toBe('one\r\n\ttwo')
    expect(reads(paragraphs(50), 'one\u000btwo')).toBe('refused')
    expect(reads(paragraphs(50), 'one\ud83d')).toBe('refused')
    expect(reads(paragraphs(50), 'one \ud83d\ude00')).toBe('one \ud83d\ude00')
  })

  test('that is passed on stays as it is, or is refused', () => {
    expect(reads(opaque(50), ' pm_card\u0301 ')).toBe(' pm_card\u0301 ')
    for (const text of ['', 'x'.repeat(51), 'a\u0000b', 'a\nb', '\ud800', 'a\udc00b']) {
      expect(reads(opaque(50), text)).toBe('refused')
    }
  })
})

describe('an id', () => {
  test('is the same in a path and in a body', () => {
    const numbers = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER))
    fc.assert(
      fc.property(numbers, (number) => {
        expect(reads(pathId, String(number))).toBe(reads(id, number))
      }),
    )
  })

  test.each(['0x1', '1e0', ' 1', '+1', '01', '1.0', '', '9007199254740992'])('in a path is no %j', (text) => {
    expect(reads(pathId, text)).toBe('refused')
  })

  test('of a user stays as it is, because the identity provider tells its forms apart', () => {
    expect(reads(userId, ' e\u0301 ')).toBe(' e\u0301 ')
    expect(reads(userIdInput, 101)).toBe('101')
    for (const wrong of ['', 'x'.repeat(65), 'a\u0000', 'a\ud800', 1.5, null]) {
      expect(reads(userIdInput, wrong)).toBe('refused')
    }
  })
})

describe('a page', () => {
  test('goes on from the cursor that was written', () => {
    expect(reads(idCursor, toCursor(42))).toBe(42)
    const last = '01932c07-a3c1-7d6e-9f0a-5b1c2d3e4f50'
    expect(reads(uuidCursor, toCursor(last))).toBe(last)
    expect(reads(uuid, last.toUpperCase())).toBe(last)
  })

  test.each(['', '!', toCursor('0'), toCursor('1.5'), toCursor('x'), `${toCursor(42)}=`, 'A'.repeat(65)])(
    'can not go on from %j',
    (text) => {
      expect(reads(idCursor, text)).toBe('refused')
      expect(reads(uuidCursor, text)).toBe('refused')
    },
  )

  test('has a limit that is checked as it is read', () => {
    expect(reads(limit, undefined)).toBe(20)
    expect(reads(limit, '100')).toBe(100)
    for (const wrong of ['0', '101', '', '1e1', '0x10', '5.0', ' 5', '-5', ['5', '6']]) {
      expect([wrong, reads(limit, wrong)]).toEqual([wrong, 'refused'])
      const messages = limit.safeParse(wrong).error?.issues.map(({ message }) => message)
      expect([wrong, messages]).toEqual([wrong, ['must be a whole number from 1 to 100']])
    }
  })
})

describe('a time', () => {
  test('is in its range after its offset is applied', () => {
    expect(reads(timeInput, '2027-03-01T09:00:00+09:00')).toEqual(new Date('2027-03-01T00:00:00Z'))
    expect(reads(timeInput, '3000-01-01T00:30:00+01:00')).toEqual(new Date('2999-12-31T23:30:00Z'))
    expect(reads(timeInput, '2000-01-01T00:30:00+01:00')).toBe('refused')
    for (const wrong of [
      '2999-12-31T23:59:59-00:01',
      '9999-12-31T23:59:59-23:59',
      '2027-03-01T09:00:00',
      '',
    ]) {
      expect([wrong, reads(timeInput, wrong)]).toEqual([wrong, 'refused'])
    }
  })

  test('of a day is a day of the calendar', () => {
    expect(reads(date, '2028-02-29')).toBe('2028-02-29')
    for (const wrong of ['2027-02-29', '0000-01-01', '2027-1-1', '20270101', '']) {
      expect([wrong, reads(date, wrong)]).toEqual([wrong, 'refused'])
    }
  })

  test('zone is known by its name', () => {
    for (const zone of ['UTC', 'Asia/Seoul', 'Pacific/Kiritimati', 'Asia/Kathmandu']) {
      expect(reads(timeZone, zone)).toBe(zone)
    }
    for (const wrong of ['', '+09:00', 'UTC+9', 'Asia/Soul', 'posix/Asia/Seoul', '\u0000']) {
      expect([wrong, reads(timeZone, wrong)]).toEqual([wrong, 'refused'])
    }
  })
})
