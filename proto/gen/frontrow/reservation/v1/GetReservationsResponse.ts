// Original file: frontrow/reservation/v1/reservation.proto

import type { Reservation as _frontrow_reservation_v1_Reservation, Reservation__Output as _frontrow_reservation_v1_Reservation__Output } from '../../../frontrow/reservation/v1/Reservation.ts';

export interface GetReservationsResponse {
  'reservations'?: (_frontrow_reservation_v1_Reservation)[];
}

export interface GetReservationsResponse__Output {
  'reservations': (_frontrow_reservation_v1_Reservation__Output)[];
}
