const TIMEOUT_MS = 1_500

/** Asks every service whether it is ready: the answer of `/health/system`, 200 only when all are. */
export async function checkSystem(
  services: readonly { name: string; url: string }[],
): Promise<{ status: number; body: object }> {
  const answers = await Promise.all(
    services.map(async ({ name, url }) => [name, await askReady(url)] as const),
  )
  const ready = answers.every(([, answer]) => answer === 'ready')
  return {
    status: ready ? 200 : 503,
    body: { status: ready ? 'ready' : 'not ready', services: Object.fromEntries(answers) },
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
