import { expect, test } from '@jest/globals'
import type { Stage } from './stage.ts'
import type { StripeStandIn } from './stripe-stand-in.ts'

/** Stories of cards that are taken by Stripe, with a stand-in for it. */
export function realCardStories(stage: Stage, stripe: () => StripeStandIn): void {
  test('a fan pays by a card that the bank wants confirmed: what goes wrong is told in words, and one ticket is bought', async () => {
    const before = stripe().intents.length
    const show = await stage.system.openShow('Real cards', 20)
    const { page, signIn, look } = await stage.open(`${show.path}/line`)
    await signIn('card-1')
    await page.getByRole('button', { name: 'Get in line' }).click()
    await page.getByRole('button', { name: 'Hold 2 seats' }).click()
    await page.getByRole('radio', { name: /Wallet/ }).waitFor()
    // Stripe's program does not come at first.
    await page.route('https://js.stripe.com/**', (route) => route.abort())
    await page.getByRole('radio', { name: /^Card/ }).check({ force: true })
    await page.getByText('did not answer. Nothing was taken').waitFor()
    await page.unroute('https://js.stripe.com/**')
    await stripe().enter(page.context())
    await page.getByRole('button', { name: 'Try again' }).click()
    const number = page.getByLabel('Card number')
    const pay = page.getByRole('button', { name: /^Pay ₩/ })
    await number.waitFor()
    await pay.click()
    await page.getByText('it is marked in the form').waitFor()
    await number.fill('1')
    await pay.click()
    await page.getByText('The card was refused, and nothing was taken.').waitFor()
    await look('card-form')
    await number.fill('0002')
    await pay.click()
    await page.getByText('The card was declined, and nothing was taken.').waitFor()
    await number.fill('3220')
    await pay.dblclick()
    await page.getByText('Do it in the window that opens').waitFor()
    await page.getByRole('button', { name: 'Bank: refuse' }).click()
    await page.getByText('The card was declined, and nothing was taken.').waitFor()
    await pay.dblclick()
    await page.getByRole('button', { name: 'Bank: confirm' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Bank: confirm' }).click()
    await page.getByRole('heading', { name: 'You have your tickets' }).waitFor()
    expect(
      stripe()
        .intents.slice(before)
        .map(({ status }) => status),
    ).toEqual(['canceled', 'succeeded'])
    const bought = await stage.system.call('GET', '/reservations', { user: 'card-1' })
    expect(bought).toMatchObject({ items: [{ status: 'CONFIRMED' }] })
    expect(bought).toHaveProperty('items.length', 1)
  })

  test('in Korean, dark, on 320 pixels, money is put in by a card, and cards that need a step are spoken of before', async () => {
    const screen = { locale: 'ko-KR', colorScheme: 'dark', viewport: { width: 320, height: 640 } } as const
    const { page, signIn, look } = await stage.open('/wallet', screen)
    await stripe().enter(page.context())
    await signIn('card-2')
    await page.getByText('3-D Secure').waitFor()
    await page.getByLabel('Card number').fill('4242')
    await look('card-wallet')
    await page.getByRole('button', { name: '지갑에 충전' }).click()
    await page.getByText('지갑에 ₩100,000을 넣었습니다.').waitFor()
  })
}
