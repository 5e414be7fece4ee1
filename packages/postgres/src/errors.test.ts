import { describe, expect, test } from '@jest/globals'
import pg from 'pg'
import {
  isDatabaseTimeout,
  isDatabaseUnavailable,
  isRetriableConflict,
  isServerError,
  isStatementTimeout,
  isUniqueViolation,
  isUnstorableText,
} from './errors.ts'

const withCode = (code: string, more: object = {}) => Object.assign(new Error('x'), { code, ...more })

/** What the service makes of an error: try again at once, 503, 504, 400, 409, or a defect of its own. */
function kindsOf(error: unknown): string[] {
  const kinds = {
    conflict: isRetriableConflict(error),
    unavailable: isDatabaseUnavailable(error),
    timeout: isDatabaseTimeout(error),
    text: isUnstorableText(error),
    unique: isUniqueViolation(error),
  }
  return Object.entries(kinds).flatMap(([kind, is]) => (is ? [kind] : []))
}

describe('what an error of the database means', () => {
  test.each([
    ['a serialization failure', '40001', 'conflict'],
    ['a deadlock', '40P01', 'conflict'],
    ['a statement that took too long', '57014', 'timeout'],
    ['a lock that took too long', '55P03', 'timeout'],
    ['a NUL in a text', '22021', 'text'],
    ['a row that is there already', '23505', 'unique'],
    ...[
      '57P01',
      '57P02',
      '57P03',
      '57P05',
      '25006',
      '25P03',
      '53100',
      '53200',
      '53300',
      '08006',
      '08001',
    ].map((code) => ['a server that stops, starts, is full or gone', code, 'unavailable']),
    ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH', 'EAI_AGAIN'].map(
      (code) => ['a connection that can not be had', code, 'unavailable'],
    ),
  ])('%s (%s) is: %s', (_what, code, kind) => {
    expect(kindsOf(withCode(code))).toEqual([kind])
  })

  test.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'Query read timeout',
    'Client has encountered a connection error and is not queryable',
  ])('the pool says without a code: %s', (message) => {
    expect(kindsOf(new Error(message))).toEqual(['unavailable'])
  })

  test('a pool that has no free connection is busy, not away', () => {
    const error = new Error('timeout exceeded when trying to connect')
    expect(kindsOf(error)).toEqual(['timeout'])
    expect(isStatementTimeout(error)).toBe(false)
    expect(['57014', '55P03'].map((code) => isStatementTimeout(withCode(code)))).toEqual([true, true])
  })

  /** As the driver makes it; the severity is in the server's language. */
  function answered(severity: string, code: string | undefined): pg.DatabaseError {
    const error = new pg.DatabaseError('x', 1, 'error')
    return Object.assign(error, { severity, code })
  }

  test.each(['23505', '40001', '40P01', '57014', '55P03', '22021', '42601', '53200', 'P0001'])(
    'a connection is good after %s, whatever language the server speaks',
    (code) => {
      expect(isServerError(answered('ERROR', code))).toBe(true)
      expect(isServerError(answered('FEHLER', code))).toBe(true)
    },
  )

  test.each(['57P01', '57P02', '57P03', '57P05', '25P03', '25P04', '08P01', '28000', '58030', 'XX000'])(
    'a connection may be at its end after %s',
    (code) => {
      expect(isServerError(answered('FATAL', code))).toBe(false)
      expect(isServerError(answered('ERROR', code))).toBe(false)
    },
  )

  test('an error that the server did not send says nothing good of its connection', () => {
    expect(isServerError(withCode('23505'))).toBe(false)
    expect(isServerError(answered('ERROR', undefined))).toBe(false)
  })

  test.each([
    ['a syntax error', withCode('42601')],
    ['a check that a row broke', withCode('23514')],
    ['a file that is missing', withCode('ENOENT')],
    ['a code that only begins alike', withCode('0800612')],
    ['a code that is a number', Object.assign(new Error('x'), { code: 40_001 })],
    ['an error without a code', new Error('x')],
    ['a text', 'Connection terminated'],
    ['nothing', null],
    ['nothing at all', undefined],
  ])('%s is a defect', (_what, error) => {
    expect(kindsOf(error)).toEqual([])
  })

  test('a unique constraint is told from the others by its name', () => {
    const error = withCode('23505', { constraint: 'one_live_hold' })
    expect(isUniqueViolation(error, 'one_live_hold')).toBe(true)
    expect(isUniqueViolation(error, 'another')).toBe(false)
    expect(isUniqueViolation(withCode('23505'), 'one_live_hold')).toBe(false)
    expect(isUniqueViolation(withCode('23503', { constraint: 'one_live_hold' }), 'one_live_hold')).toBe(false)
  })
})
