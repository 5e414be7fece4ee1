/** A join as it goes over the wire. */
export function joinRequest(scheduleId: number, bearerToken: string): string {
  return postRequest('queue/tokens', { Authorization: `Bearer ${bearerToken}` }, { scheduleId })
}

/** A POST with a JSON body, as it goes over the wire. */
export function postRequest(
  path: string,
  headers: Readonly<Record<string, string>>,
  content: Readonly<Record<string, unknown>>,
): string {
  const body = JSON.stringify(content)
  return [
    `POST /api/v1/${path} HTTP/1.1`,
    'Host: localhost',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}

/** A poll of the own place, as it goes over the wire. */
export function placeRequest(token: string): string {
  return `GET /api/v1/queue/tokens/me HTTP/1.1\r\nHost: localhost\r\nQueue-Token: ${token}\r\n\r\n`
}

/** A poll of now-serving, as it goes over the wire. */
export function nowServingRequest(scheduleId: number): string {
  return `GET /api/v1/queue/schedules/${scheduleId}/now-serving HTTP/1.1\r\nHost: localhost\r\n\r\n`
}

/** The token of one person of the crowd. `fillRoom` in crowd.ts makes the same value from the sequence, in SQL. */
export function crowdToken(sequence: number): string {
  return `01900000-0000-7000-8000-${sequence.toString(16).padStart(12, '0')}`
}

/** The user id of one person of the crowd. */
export function crowdUser(sequence: number): string {
  return `crowd-${sequence}`
}
