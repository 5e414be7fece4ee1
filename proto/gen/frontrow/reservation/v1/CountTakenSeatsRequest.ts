// Original file: frontrow/reservation/v1/reservation.proto

import type { SeatRange as _frontrow_reservation_v1_SeatRange, SeatRange__Output as _frontrow_reservation_v1_SeatRange__Output } from '../../../frontrow/reservation/v1/SeatRange.ts';

export interface CountTakenSeatsRequest {
  'ranges'?: (_frontrow_reservation_v1_SeatRange)[];
}

export interface CountTakenSeatsRequest__Output {
  'ranges': (_frontrow_reservation_v1_SeatRange__Output)[];
}
