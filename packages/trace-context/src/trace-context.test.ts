import { describe, expect, test } from '@jest/globals'
import { continueTrace, currentTrace, runWithoutTrace, runWithTrace, traceIdOf } from './trace-context.ts'

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const incoming = `00-${TRACE_ID}-b7ad6b7169203331-00`

describe('a trace that came with a request', () => {
  test('goes on under its id and its sampling, as a span of this process', () => {
    const { traceparent } = continueTrace({ traceparent: incoming })
    expect(traceparent).toMatch(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`))
    expect(traceparent).not.toContain('b7ad6b7169203331')
  })

  test('stays the same each time it is asked for, for the logs too', () => {
    const trace = continueTrace({ traceparent: incoming })
    expect(trace.traceparent).toBe(trace.traceparent)
    expect(traceIdOf(trace)).toBe(TRACE_ID)
  })

  test.each([
    undefined,
    '',
    'junk',
    `01-${TRACE_ID}-b7ad6b7169203331-00`,
    `${incoming}-more`,
    `00-${incoming}`,
    incoming.toUpperCase(),
  ])('that is not one we can read (%p) is replaced by a new, sampled one', (traceparent) => {
    const trace = continueTrace({ traceparent })
    expect(trace.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(traceIdOf(trace)).not.toBe(TRACE_ID)
    expect(traceIdOf(continueTrace({ traceparent }))).not.toBe(traceIdOf(trace))
  })
})

describe('a request id', () => {
  test.each(['r-1', 'A.b_c-9', 'x'.repeat(64)])('that a client sends is kept: %s', (requestId) => {
    expect(continueTrace({ requestId }).requestId).toBe(requestId)
  })

  test.each([undefined, '', 'x'.repeat(65), 'a b', 'a\nb', 'r-1\n', '{"level":50}', 'é'])(
    'that could forge or fill a log is replaced: %p',
    (requestId) => {
      expect(continueTrace({ requestId }).requestId).toMatch(/^[0-9a-f-]{36}$/)
    },
  )
})

test('what is awaited sees the trace it runs under, and shared work sees none', async () => {
  const trace = continueTrace({ requestId: 'mine' })
  const seen = await runWithTrace(trace, async () => {
    await Promise.resolve()
    return [currentTrace(), runWithoutTrace(() => ({ shared: currentTrace() })), currentTrace()]
  })
  expect(seen).toEqual([trace, { shared: undefined }, trace])
  expect(currentTrace()).toBeUndefined()
})
