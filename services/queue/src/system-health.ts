const TIMEOUT_MS = 1_500

/**
 * Asks every service whether it is ready: the answer of `/health/system`, 200 only when all are. A service that is named several times has
 * several instances, and is ready as soon as one of them says so, since people are sent to that one.
 */
export async function checkSystem(
  services: readonly { name: string; url: string }[],
): Promise<{ status: number; body: object }> {
  const urlsOf = Map.groupBy(services, ({ name }) => name)
  const answers = await Promise.all(
    [...urlsOf].map(async ([name, each]) => [name, await askOneOf(each.map(({ url }) => url))] as const),
  )
  const ready = answers.every(([, answer]) => answer === 'ready')
  return {
    status: ready ? 200 : 503,
    body: { status: ready ? 'ready' : 'not ready', services: Object.fromEntries(answers) },
  }
}

/** Nobody waits for an instance that is frozen while another one is ready. */
async function askOneOf(urls: readonly string[]): Promise<string> {
  const answers = urls.map(askReady)
  const oneReady = answers.map(async (asked) => {
    if ((await asked) !== 'ready') throw new Error('not ready')
    return 'ready'
  })
  try {
    return await Promise.any(oneReady)
  } catch {
    const all = await Promise.all(answers)
    return all.includes('not ready') ? 'not ready' : 'no answer'
  }
}

async function askReady(url: string): Promise<string> {
  try {
    const response = await fetch(new URL('/health/ready', url), { signal: AbortSignal.timeout(TIMEOUT_MS) })
    await response.body?.cancel()
    return response.ok ? 'ready' : 'not ready'
  } catch {
    // All failures are answered alike, since their messages would tell the public where the service listens.
    return 'no answer'
  }
}
