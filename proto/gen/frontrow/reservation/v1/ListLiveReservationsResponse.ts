// Original file: frontrow/reservation/v1/reservation.proto

import type { LiveReservation as _frontrow_reservation_v1_LiveReservation, LiveReservation__Output as _frontrow_reservation_v1_LiveReservation__Output } from '../../../frontrow/reservation/v1/LiveReservation.ts';

export interface ListLiveReservationsResponse {
  'reservations'?: (_frontrow_reservation_v1_LiveReservation)[];
}

export interface ListLiveReservationsResponse__Output {
  'reservations': (_frontrow_reservation_v1_LiveReservation__Output)[];
}
