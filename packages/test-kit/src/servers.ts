import { ensurePrograms } from '@frontrow/local-stack/install'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { startContainers, testImages, whyNoContainers } from './containers.ts'
import { ensureLocalServerPrograms, startLocalServers } from './local-servers.ts'
import type { RunningServers } from './running-servers.ts'

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Where the servers of a run come from, and how the run says so. */
interface Source {
  kind: 'given' | 'docker' | 'local'
  line: string
}

async function chooseSource(): Promise<Source> {
  if (givenServers() !== null) {
    return { kind: 'given', line: 'those named by TEST_POSTGRES_URL, TEST_REDIS_URL and TEST_KAFKA_BROKERS' }
  }
  const wish = process.env['FRONTROW_TEST_SERVERS'] ?? ''
  if (!['', 'local', 'docker'].includes(wish)) {
    throw new SetupProblem(`FRONTROW_TEST_SERVERS is "${wish}", and can be local or docker`)
  }
  const obstacle = wish === 'local' ? 'as FRONTROW_TEST_SERVERS asks' : await whyNoContainers()
  if (obstacle === null) return { kind: 'docker', line: `containers (${testImages().join(', ')})` }
  if (wish === 'docker') throw new SetupProblem(`FRONTROW_TEST_SERVERS=docker, but ${obstacle}`)
  return { kind: 'local', line: `this machine's own PostgreSQL, Redis and Kafka (${obstacle})` }
}

/** Installs what the tests run: the gateway's programs in any case, the servers' where they come from this machine. */
export async function ensureTestPrograms(): Promise<void> {
  const { kind } = await chooseSource()
  await ensurePrograms(['nginx', 'openssl'], say)
  if (kind === 'local') await ensureLocalServerPrograms(say)
}

/**
 * Gives a test run its servers: those the environment names, else containers where a Docker engine has the images,
 * else the machine's own programs, installed where they are missing. FRONTROW_TEST_SERVERS=local|docker decides.
 */
export async function startServers(): Promise<RunningServers> {
  const { kind, line } = await chooseSource()
  say(`Test servers: ${line}`)
  const given = givenServers()
  if (given !== null) return given
  return kind === 'docker' ? startContainers() : startLocalServers(say)
}

function givenServers(): RunningServers | null {
  const {
    TEST_POSTGRES_URL: postgresAdminUrl,
    TEST_REDIS_URL: redisUrl,
    TEST_KAFKA_BROKERS: kafkaBrokers,
  } = process.env
  const named = [postgresAdminUrl, redisUrl, kafkaBrokers].filter((one) => one !== undefined && one !== '')
  if (named.length === 0) return null
  if (!postgresAdminUrl || !redisUrl || !kafkaBrokers) {
    throw new SetupProblem(
      'TEST_POSTGRES_URL, TEST_REDIS_URL and TEST_KAFKA_BROKERS go together: set all or none',
    )
  }
  return { postgresAdminUrl, redisUrl, kafkaBrokers, stop: async () => {} }
}
