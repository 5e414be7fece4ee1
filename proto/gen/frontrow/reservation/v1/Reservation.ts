// Original file: frontrow/reservation/v1/reservation.proto

import type { ReservedSeat as _frontrow_reservation_v1_ReservedSeat, ReservedSeat__Output as _frontrow_reservation_v1_ReservedSeat__Output } from '../../../frontrow/reservation/v1/ReservedSeat.ts';
import type { Long } from '@grpc/proto-loader';

export interface Reservation {
  'reservationId'?: (string);
  'reservationNumber'?: (string);
  'userId'?: (string);
  'scheduleId'?: (number | string | Long);
  'seats'?: (_frontrow_reservation_v1_ReservedSeat)[];
  'totalAmount'?: (number | string | Long);
  'status'?: (string);
  'reservedAtMs'?: (number | string | Long);
  'expiresAtMs'?: (number | string | Long);
  'paymentId'?: (string);
  'notPayable'?: (string);
}

export interface Reservation__Output {
  'reservationId': (string);
  'reservationNumber': (string);
  'userId': (string);
  'scheduleId': (number);
  'seats': (_frontrow_reservation_v1_ReservedSeat__Output)[];
  'totalAmount': (number);
  'status': (string);
  'reservedAtMs': (number);
  'expiresAtMs': (number);
  'paymentId': (string);
  'notPayable': (string);
}
