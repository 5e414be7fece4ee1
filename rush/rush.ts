import type { RushOptions } from './arguments.ts'
import type { FanContext } from './fan.ts'
import type { History } from './history.ts'
import type { OnSale } from './on-sale.ts'
import type { Pauses } from './pauses.ts'
import type { SeatMaps } from './seat-maps.ts'

/** What all steps of a run share. */
export interface Rush extends FanContext {
  readonly options: RushOptions
  readonly sale: OnSale
  readonly seatMaps: SeatMaps
  readonly history: History
  /** Pauses of those who pay or collect facts; they end only when the run is broken off. */
  readonly settling: Pauses
}
