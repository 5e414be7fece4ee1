import type { InvariantCheck } from '@frontrow/messaging/audit'
import type { Queryable } from '@frontrow/postgres/pool'

/** One admission, as far as the order goes. Times are milliseconds since the epoch. */
export interface OrderedAdmission {
  scheduleId: number
  sequence: number
  enteredAtMs: number
  admittedAtMs: number
  active: number
  maxActive: number | null
}

const SHOWN_MAX = 10
const PAGE = 20_000

/** Checks invariant 5 over all logged admissions. They are read in pages; a million of them take some seconds. */
export async function checkAdmissions(db: Queryable): Promise<InvariantCheck> {
  const judge = new AdmissionJudge()
  let after = { scheduleId: 0, number: 0 }
  for (;;) {
    const { rows } = await db.query<OrderedAdmission & { number: number }>({
      name: 'read-logged-admissions',
      text: `SELECT schedule_id AS "scheduleId", number, sequence, active, max_active AS "maxActive",
               round(extract(epoch FROM entered_at) * 1000)::bigint AS "enteredAtMs",
               round(extract(epoch FROM admitted_at) * 1000)::bigint AS "admittedAtMs"
             FROM room_log WHERE (schedule_id, number) > ($1, $2) AND kind = 'ADMITTED'
             ORDER BY schedule_id, number LIMIT $3`,
      values: [after.scheduleId, after.number, PAGE],
    })
    for (const row of rows) judge.look(row)
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return judge.verdict()
    after = last
  }
}

/**
 * Checks admissions, which have to come in the order of rooms and of time. A place was passed over where a higher sequence was let
 * in before it, although it had entered the room by then.
 */
export class AdmissionJudge {
  #scheduleId = 0
  #checked = 0
  #broken = 0
  readonly #violations: string[] = []
  // The admissions of this room that were not followed by a higher sequence, in the order of time. Their sequences fall, so the
  // first one after a moment has the highest sequence of all that were admitted after it.
  #highest: OrderedAdmission[] = []

  look(admission: OrderedAdmission): void {
    const { scheduleId, sequence, active, maxActive } = admission
    if (scheduleId !== this.#scheduleId) {
      this.#scheduleId = scheduleId
      this.#highest = []
    }
    this.#checked += 1
    if (maxActive !== null && active > maxActive) {
      this.#found(
        `schedule ${scheduleId}: sequence ${sequence} was admitted as number ${active} of ${maxActive}`,
      )
    }
    const overtaker = this.#firstAfter(admission.enteredAtMs)
    if (
      overtaker !== undefined &&
      overtaker.sequence > sequence &&
      overtaker.admittedAtMs < admission.admittedAtMs
    ) {
      this.#found(
        `schedule ${scheduleId}: sequence ${sequence} was passed over by sequence ${overtaker.sequence}`,
      )
    }
    while ((this.#highest.at(-1)?.sequence ?? Number.POSITIVE_INFINITY) <= sequence) this.#highest.pop()
    this.#highest.push(admission)
  }

  verdict(): InvariantCheck {
    return {
      number: 5,
      name: 'never more than maxActive ACTIVE; people are admitted in the order of their places',
      checked: this.#checked,
      violationCount: this.#broken,
      violations: this.#violations,
    }
  }

  #firstAfter(ms: number): OrderedAdmission | undefined {
    let [low, high] = [0, this.#highest.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#highest[middle]?.admittedAtMs ?? 0) > ms) high = middle
      else low = middle + 1
    }
    return this.#highest[low]
  }

  #found(violation: string): void {
    this.#broken += 1
    if (this.#violations.length < SHOWN_MAX) this.#violations.push(violation)
  }
}
