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
    expect(provider.asked.at(-1)).toEqual({ secret: PROVIDER_SECRET, response: 'made up' })
    check.stop()
  })

  test.each([
    ['answers nothing in time', () => 'hang' as const],
    ['answers with a page', () => 'broken' as const],
    ['does not know our key', () => ({ success: false, 'error-codes': ['invalid-input-secret'] })],
  ])('one that %s is away: closed refuses, open lets in, and no log has the key', async (_how, say) => {
    const before = provider.say
    provider.say = say
    const [closed, open] = (['closed', 'open'] as const).map((JOIN_CHECK_WHEN_AWAY) =>
      createJoinCheck(settings({ JOIN_CHECK_WHEN_AWAY, JOIN_CHECK_TIMEOUT_MS: 100 }), logger),
    )
    await expect(closed?.verify('good-1', fan)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retryAfterSeconds: 5,
    })
    expect(await open?.verify('good-1', fan)).toEqual({ outcome: 'UNCHECKED' })
    // The breaker opens, and who joins waits for nobody.
    for (let calls = 0; calls < 10; calls += 1) await open?.verify('good-1', fan)
    const asked = provider.asked.length
    expect(await open?.verify('good-1', fan)).toEqual({ outcome: 'UNCHECKED' })
    expect(provider.asked).toHaveLength(asked)
    provider.say = before
    for (const check of [closed, open]) check?.stop()
    expect(lines.join('')).toContain('the check at the join is away')
    expect(lines.join('')).not.toContain(PROVIDER_SECRET)
  })

  test('needs its keys', () => {
    const make = (change: Partial<JoinCheckSettings>) => () => createJoinCheck(settings(change), logger)
    expect(make({ JOIN_CHECK_SITE_KEY: undefined })).toThrow('JOIN_CHECK_SITE_KEY: must be set')
    expect(make({ JOIN_CHECK_PROVIDER_SECRET: undefined })).toThrow('JOIN_CHECK_PROVIDER_SECRET: must be set')
    expect(make({ JOIN_CHECK: 'proof-of-work' })).toThrow('JOIN_CHECK_SECRET: must be set')
  })
})
