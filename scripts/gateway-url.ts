/** The address of the gateway on this machine. */
export function gatewayUrl(env: Readonly<Record<string, string | undefined>>): string {
  return `http://localhost:${env['PORT'] || '8080'}`
}
