import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { startSiteVerify } from '../../test/site-verify-stand-in.ts'
import type { SiteVerifyStandIn } from '../../test/site-verify-stand-in.ts'
import { createJoinCheck } from './create-join-check.ts'
import type { JoinCheckSettings } from './settings.ts'

const PROVIDER_SECRET = '0x-the-secret-key-of-the-provider'

describe('a check by a provider', () => {
  let provider: SiteVerifyStandIn
  const settings = (change: Partial<JoinCheckSettings>): JoinCheckSettings => ({
    JOIN_CHECK: 'turnstile',
    JOIN_CHECK_SECRET: undefined,
    JOIN_CHECK_DIFFICULTY: 17,
    JOIN_CHECK_ANSWER_MS: 60_000,
    JOIN_CHECK_SITE_KEY: '0x-site-key',
    JOIN_CHECK_PROVIDER_SECRET: PROVIDER_SECRET,
    JOIN_CHECK_VERIFY_URL: provider.url,
    JOIN_CHECK_TIMEOUT_MS: 5_000,
    JOIN_CHECK_WHEN_AWAY: 'closed',
    JOIN_CLAIM: undefined,
    JOIN_CLAIM_VERIFIED: undefined,
    ...change,
  })
  const lines: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const logger = pino({ level: 'trace' }, stream)
  const fan = { userId: '101', scheduleId: 7 }

  beforeAll(async () => {
    provider = await startSiteVerify()
  })
  afterAll(() => provider?.stop())

  test.each(['turnstile', 'hcaptcha'] as const)('%s takes a good answer once', async (JOIN_CHECK) => {
    const check = createJoinCheck(settings({ JOIN_CHECK }), logger)
    expect(check.challenge(fan)).toEqual({ check: JOIN_CHECK, siteKey: '0x-site-key' })
    const answer = `good-${JOIN_CHECK}`
    expect(await check.verify(answer, fan)).toEqual({ outcome: 'PASSED' })
    expect(await check.verify(answer, fan)).toEqual({ outcome: 'REFUSED', fault: 'EXPIRED' })
    expect(await check.verify('made up', fan)).toEqual({ outcome: 'REFUSED', fault: 'WRONG' })
    const site = JOIN_CHECK === 'hcaptcha' ? { sitekey: '0x-site-key' } : {}
    expect(provider.asked.at(-1)).toEqual({ secret: PROVIDER_SECRET, response: 'made up', ...site })
    check.stop()
  })

  test.each([
    ['answers nothing in time', () => 'hang' as const, 100],
    ['answers with a page', () => 'broken' as const, 5_000],
    ['does not know our key', () => ({ success: false, 'error-codes': ['invalid-input-secret'] }), 5_000],
    ['answers without an end', () => ({ success: true, 'error-codes': ['x'.repeat(20_000)] }), 5_000],
  ])(
    'one that %s is away: closed refuses, open lets in, and no log has the key',
    async (_how, say, JOIN_CHECK_TIMEOUT_MS) => {
      const before = provider.say
      provider.say = say
      lines.length = 0
      const [closed, open] = (['closed', 'open'] as const).map((JOIN_CHECK_WHEN_AWAY) =>
        createJoinCheck(settings({ JOIN_CHECK_WHEN_AWAY, JOIN_CHECK_TIMEOUT_MS }), logger),
      )
      await expect(closed?.verify('good-1', fan)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        retryAfterSeconds: 5,
      })
      // The breaker opens, and who joins waits for nobody.
      const isOpen = () => lines.some((line) => line.includes('"state":"open"'))
      for (let calls = 0; calls < 100 && !isOpen(); calls += 1) {
        expect(await open?.verify('good-1', fan)).toEqual({ outcome: 'UNCHECKED' })
      }
      expect(isOpen()).toBe(true)
      expect(await open?.verify('good-1', fan)).toEqual({ outcome: 'UNCHECKED' })
      provider.say = before
      for (const check of [closed, open]) check?.stop()
      expect(lines.join('')).toContain('the check at the join is away')
      expect(lines.join('')).not.toContain(PROVIDER_SECRET)
    },
  )

  test.each(['not-using-dummy-secret', 'sitekey-secret-mismatch'])(
    'an answer that brings about %s is refused, and does not open the check for others',
    async (code) => {
      const before = provider.say
      provider.say = (answer) =>
        answer === 'dummy' ? { success: false, 'error-codes': [code] } : before(answer)
      lines.length = 0
      const check = createJoinCheck(
        settings({ JOIN_CHECK: 'hcaptcha', JOIN_CHECK_WHEN_AWAY: 'open' }),
        logger,
      )
      for (let calls = 0; calls < 20; calls += 1) {
        expect(await check.verify('dummy', fan)).toEqual({ outcome: 'REFUSED', fault: 'WRONG' })
      }
      expect(await check.verify('made up', fan)).toEqual({ outcome: 'REFUSED', fault: 'WRONG' })
      provider.say = before
      check.stop()
      expect(lines.filter((line) => line.includes('"level":40') && line.includes(code))).toHaveLength(1)
    },
  )

  test('with as many calls in work as there may be it lets nobody in unchecked', async () => {
    const before = provider.say
    provider.say = () => 'hang'
    const check = createJoinCheck(
      settings({ JOIN_CHECK_WHEN_AWAY: 'open', JOIN_CHECK_TIMEOUT_MS: 500 }),
      logger,
    )
    const inWork = Array.from({ length: 500 }, () => check.verify('good-1', fan))
    await expect(check.verify('good-1', fan)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retryAfterSeconds: 5,
    })
    await Promise.all(inWork)
    provider.say = before
    check.stop()
  })

  test('needs its keys', () => {
    const make = (change: Partial<JoinCheckSettings>) => () => createJoinCheck(settings(change), logger)
    expect(make({ JOIN_CHECK_SITE_KEY: undefined })).toThrow('JOIN_CHECK_SITE_KEY: must be set')
    expect(make({ JOIN_CHECK_PROVIDER_SECRET: undefined })).toThrow('JOIN_CHECK_PROVIDER_SECRET: must be set')
    expect(make({ JOIN_CHECK: 'proof-of-work' })).toThrow('JOIN_CHECK_SECRET: must be set')
  })
})
