import { loadStripe } from '@stripe/stripe-js/pure'
import type { Appearance, Stripe, StripeElements, StripePaymentElement } from '@stripe/stripe-js'
import { serverClock } from '../clock.ts'
import type { Language } from '../words.ts'
import { CardProblem, problemOf, stepEndOf } from './card-problem.ts'
import type { StepEnd } from './card-problem.ts'
import type { CardStep } from './card-step.ts'

/** How long Stripe's program, its form or one of its answers is waited for. */
const ANSWER_WITHIN_MS = 20_000
/** A step that ends with the hold is waited for a little longer, as the page's clock may be ahead. */
const STEP_SLACK_MS = 5_000

/** How the form looks and speaks, and what it is for. */
export interface CardFormOptions {
  publishableKey: string
  amount: number
  currency: string
  language: Language
  isDark: boolean
}

/** Stripe's form in the page. What is typed into it goes to Stripe alone. */
export interface StripeForm {
  /** Makes a card of what was typed, and returns its id. Rejects with a CardProblem. */
  makeCard: () => Promise<string>
  update: (options: Pick<CardFormOptions, 'amount' | 'language' | 'isDark'>) => void
}

/** Shows the form in `place`. Rejects with a CardProblem where it does not come; `signal` takes it away. */
export async function showStripeForm(
  place: HTMLElement,
  options: CardFormOptions,
  signal: AbortSignal,
): Promise<StripeForm> {
  const stripe = await stripeOf(options.publishableKey)
  signal.throwIfAborted()
  const elements = stripe.elements({
    mode: 'payment',
    paymentMethodCreation: 'manual',
    // The API asks for the same, and declines what is decided days later.
    allowedPaymentMethodTypes: ['card'],
    currency: options.currency.toLowerCase(),
    ...changing(options),
  })
  // Wallets of browsers and Link would need programs and frames of others, which the pages' policy does not let in.
  const element = elements.create('payment', {
    wallets: { applePay: 'never', googlePay: 'never', link: 'never' },
  })
  signal.addEventListener('abort', () => element.destroy(), { once: true })
  await within(shown(element, place))
  return {
    makeCard: () => within(makeCard(stripe, elements)),
    update: (changed) => elements.update(changing(changed)),
  }
}

function shown(element: StripePaymentElement, place: HTMLElement): Promise<void> {
  return new Promise((resolve, reject) => {
    element.once('ready', () => resolve())
    element.once('loaderror', ({ error }) => reject(problemOf(error)))
    element.mount(place)
  })
}

async function makeCard(stripe: Stripe, elements: StripeElements): Promise<string> {
  const checked = await elements.submit()
  if (checked.error !== undefined) throw problemOf(checked.error)
  const { error, paymentMethod } = await stripe.createPaymentMethod({ elements })
  if (error !== undefined) throw problemOf(error)
  return paymentMethod.id
}

const steps = new Map<string, Promise<StepEnd>>()

/**
 * Has the owner of the card take a step, in a window over the page that Stripe opens. The same step is shown once, also for two who ask;
 * one that could not be shown may be asked for again. It ends with the hold at the latest. `onBegin` is called where it is shown.
 */
export async function takeStripeStep(
  { clientSecret, untilMs }: Extract<CardStep, { kind: 'stripe' }>,
  publishableKey: string,
  onBegin: () => void,
): Promise<StepEnd> {
  const known = steps.get(clientSecret)
  if (known !== undefined) return known
  onBegin()
  const leftMs = Math.max(0, untilMs - serverClock.now()) + STEP_SLACK_MS
  const taking = takeStep(clientSecret, publishableKey, leftMs)
  steps.set(clientSecret, taking)
  const end = await taking
  if (end === 'open') steps.delete(clientSecret)
  return end
}

async function takeStep(clientSecret: string, publishableKey: string, leftMs: number): Promise<StepEnd> {
  try {
    const stripe = await stripeOf(publishableKey)
    const taking = stripe.handleNextAction({ clientSecret }).then(({ error }) => stepEndOf(error))
    // At the end of the hold the payment ends, whatever is still open in that window.
    return await within<StepEnd>(taking, leftMs, 'done')
  } catch (error) {
    console.warn(error)
    // It throws where the payment waits for no step: it was taken before a reload, or in another tab.
    return error instanceof Error && error.message.includes('requires_action') ? 'done' : 'open'
  }
}

let loaded: { publishableKey: string; stripe: Stripe } | undefined

/** Stripe's program, which may only come from Stripe itself. */
async function stripeOf(publishableKey: string): Promise<Stripe> {
  if (loaded?.publishableKey === publishableKey) return loaded.stripe
  const loading = loadStripe(publishableKey).catch((error: unknown) => {
    throw new CardProblem('away', String(error))
  })
  const stripe = await within(loading)
  if (stripe === null) throw new CardProblem('broken', 'there is no window')
  loaded = { publishableKey, stripe }
  return stripe
}

/** Waits for Stripe as long as it makes sense; then it is `late`, or a CardProblem where nothing else was given. */
async function within<T>(promise: Promise<T>, ms: number = ANSWER_WITHIN_MS, late?: T): Promise<T> {
  const { promise: tooLate, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => {
    if (late === undefined) reject(new CardProblem('away', `Stripe did not answer within ${ms} ms`))
    else resolve(late)
  }, ms)
  return Promise.race([promise, tooLate]).finally(() => clearTimeout(timer))
}

function changing({ amount, language, isDark }: Pick<CardFormOptions, 'amount' | 'language' | 'isDark'>) {
  return { amount, locale: language, appearance: isDark ? dark : light }
}

// The colours of styles.css, which Stripe's frames can't read.
const shape = { borderRadius: '12px', fontFamily: 'system-ui, -apple-system, "Segoe UI", sans-serif' }
const light: Appearance = {
  theme: 'stripe',
  variables: { ...shape, colorPrimary: '#4338ca', colorText: '#16171d', colorDanger: '#b3261e' },
}
const dark: Appearance = {
  theme: 'night',
  variables: {
    ...shape,
    colorPrimary: '#a5a0ff',
    colorBackground: '#101114',
    colorText: '#f1f1f4',
    colorDanger: '#ffb4ab',
  },
}
