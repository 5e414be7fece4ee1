// Original file: frontrow/reservation/v1/reservation.proto

import type { Long } from '@grpc/proto-loader';

export interface LiveReservation {
  'reservationId'?: (string);
  'seatIds'?: (number | string | Long)[];
}

export interface LiveReservation__Output {
  'reservationId': (string);
  'seatIds': (number)[];
}
