import type { BodyOf } from '@frontrow/client/routes'
import { api } from '../../api.ts'
import type { AdminSchedule, Versioned } from './show-queries.ts'

const SCHEDULE = '/api/v1/admin/schedules/{scheduleId}'

/** What can be changed of a date. */
export type ScheduleChange = BodyOf<'patch', typeof SCHEDULE>

/** Changes a date, unless somebody else has changed it since it was read. */
export function changeSchedule(
  { data: { scheduleId }, tag }: Versioned<AdminSchedule>,
  key: string,
  body: ScheduleChange,
) {
  return api.PATCH(SCHEDULE, {
    params: { path: { scheduleId }, header: { 'Idempotency-Key': key, 'If-Match': tag } },
    body,
  })
}
