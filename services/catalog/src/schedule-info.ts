import type { ListedSchedule } from './list-schedules.ts'
import type { WriteInfo } from './show-seats.ts'
import type { Schedule } from './sql/schedules.ts'

/** Makes the function that writes a schedule as `toJson` has it: once for each reading of the schedule and number of seats left. */
export function createInfoWriter(toJson: (schedule: ListedSchedule) => object): WriteInfo {
  const written = new WeakMap<Schedule, { availableSeats: number; text: string }>()
  return (schedule, availableSeats) => {
    const known = written.get(schedule)
    if (known?.availableSeats === availableSeats) return known.text
    const text = JSON.stringify(toJson({ ...schedule, availableSeats }))
    written.set(schedule, { availableSeats, text })
    return text
  }
}
