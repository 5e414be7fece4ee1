import { startIdentityProvider } from '@frontrow/test-kit/identity-provider'
import type { RowName } from './arguments.ts'
import { startBareStack } from './bare-stack.ts'
import { startCatalogStandIn } from './catalog-stand-in.ts'
import { fillRoom, loseAndRebuild } from './crowd.ts'
import { LIMITS } from './limits.ts'
import type { LoadProcess } from './load-process.ts'
import { startQueueStack } from './queue-stack.ts'
import type { QueueStack } from './queue-stack.ts'
import type { ComparedCosts } from './compare-stacks.ts'
import { attempt } from './plan.ts'
import type { Plan } from './plan.ts'
import type { Results } from './results.ts'
import { crowdToken } from './requests.ts'
import type { People } from './bearer-tokens.ts'
import { CROWDED_ROOM, Rows, signInPeople } from './rows.ts'
import type { TemporaryServers } from './temporary-servers.ts'

/** Measures the rows of the waiting room one after the other. Adds each result as soon as it is known. */
export async function measureWaitingRoom(
  servers: TemporaryServers,
  load: LoadProcess,
  plan: Plan,
  results: Results,
): Promise<void> {
  const catalog = await startCatalogStandIn()
  servers.defer(() => catalog.stop())
  const identityProvider = await startIdentityProvider('RS256')
  servers.defer(() => identityProvider.stop())
  const { wanted, profileFolder } = plan
  const wants = (...names: RowName[]): boolean => names.some((name) => wanted.has(name))
  const start = (name: string): Promise<QueueStack> =>
    startQueueStack(servers, {
      name,
      catalogAddress: catalog.address,
      jwksUrl: identityProvider.jwksUrl,
      profileFolder,
    })

  plan.say('Signing people in')
  const people = await signInPeople(identityProvider.signingKey, plan.pace, wants('join', 'million-join'))
  plan.say('Starting our stack')
  const rows = new Rows(load, plan.pace, plan.crowd, people)
  const stack = await start('few')
  const few = { stack, ...(await rows.openRoom(stack)) }
  await rows.warmUp(stack, few.tokens)
  const bench: Bench = { servers, plan, load, rows, few, people, results }
  if (wants('join', 'place', 'now-serving')) await compareWithBare(bench)
  if (wants('rebuild', 'million-join', 'million-place', 'million-crowd')) {
    await compareWithCrowd(bench, await start('crowded'))
  }
}

/** What the measurement of every row needs. */
interface Bench {
  servers: TemporaryServers
  plan: Plan
  load: LoadProcess
  rows: Rows
  /** Our stack with a room of a thousand people, who poll. */
  few: { stack: QueueStack; scheduleId: number; tokens: string[] }
  people: People
  results: Results
}

async function compareWithBare(bench: Bench): Promise<void> {
  const { servers, plan, rows, few, results } = bench
  const { wanted, say } = plan
  say('Starting the bare stack')
  const bare = await startBareStack(servers, few.tokens)
  const add = (work: string, { ours, other }: ComparedCosts, limit: number): void => {
    results.comparisons.push({ work, ours, against: 'bare stack', other, limit })
  }
  if (wanted.has('join')) {
    await attempt(bench, 'Joins', async () => {
      const result = await rows.join(few.stack, bare)
      add('join', result, LIMITS.join)
      results.figures.push({
        name: 'transactions of PostgreSQL a join',
        value: result.transactions,
        unit: '',
        digits: 3,
        limit: LIMITS.transactionsAJoin,
      })
    })
  }
  if (wanted.has('place')) {
    await attempt(bench, 'Polls of own places', async () => {
      add('own place', await rows.place(few.stack, bare, few.tokens), LIMITS.place)
    })
  }
  if (wanted.has('now-serving')) {
    await attempt(bench, 'Polls of now-serving', async () => {
      add('now-serving', await rows.nowServing(few.stack, bare, few.scheduleId), LIMITS.nowServing)
    })
  }
}

async function compareWithCrowd(bench: Bench, crowded: QueueStack): Promise<void> {
  const { plan, load, rows, few, people, results } = bench
  const { wanted, crowd, say } = plan
  const size = crowd.toLocaleString('en')
  say(`Putting ${size} people in line, in a stack of their own`)
  await fillRoom(load, crowded, CROWDED_ROOM, crowd, people)
  say('Losing Redis')
  const { tookMs, cpuMs } = await loseAndRebuild(crowded, CROWDED_ROOM, crowd)
  results.figures.push({
    name: `rebuild of ${size} tokens from PostgreSQL (${(cpuMs / 1_000).toFixed(1)} s of CPU)`,
    value: tookMs / 1_000,
    unit: ' s',
    digits: 1,
    limit: LIMITS.rebuildSeconds,
  })
  await rows.warmUp(crowded, [crowdToken(crowd)])
  const add = (work: string, { ours, other }: ComparedCosts): void => {
    results.comparisons.push({ work, ours, against: '1,000 waiting', other, limit: LIMITS.crowd })
  }
  if (wanted.has('million-place')) {
    await attempt(bench, 'Polls of own places in the crowd', async () => {
      add(`own place, ${size} waiting`, await rows.millionPlace(crowded, few.stack, few.tokens))
    })
  }
  if (wanted.has('million-crowd')) {
    await attempt(bench, 'Polls of own places, each by somebody else', async () => {
      add(`own place, each of ${size} once`, await rows.millionCrowd(crowded, few.stack, few.tokens))
    })
  }
  if (wanted.has('million-join')) {
    await attempt(bench, 'Joins behind the crowd', async () => {
      add(`join, ${size} waiting`, await rows.millionJoin(crowded, few.stack))
    })
  }
}
