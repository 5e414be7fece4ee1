/** A join as it goes over the wire. */
export function joinRequest(scheduleId: number, bearerToken: string): string {
  const body = JSON.stringify({ scheduleId })
  return [
    'POST /api/v1/queue/tokens HTTP/1.1',
    'Host: localhost',
    `Authorization: Bearer ${bearerToken}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}

/** A poll of the holder of a token. */
export function placeRequest(token: string): string {
  return `GET /api/v1/queue/tokens/me HTTP/1.1\r\nHost: localhost\r\nQueue-Token: ${token}\r\n\r\n`
}

/** A poll of everybody's answer. */
export function nowServingRequest(scheduleId: number): string {
  return `GET /api/v1/queue/schedules/${scheduleId}/now-serving HTTP/1.1\r\nHost: localhost\r\n\r\n`
}

/** The token value of one of a crowd that was put into the database: fill-room.ts makes the same of the sequence there. */
export function crowdToken(sequence: number): string {
  return `01900000-0000-7000-8000-${sequence.toString(16).padStart(12, '0')}`
}

/** The user who has that place. */
export function crowdUser(sequence: number): string {
  return `crowd-${sequence}`
}
