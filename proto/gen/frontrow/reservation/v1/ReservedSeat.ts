// Original file: frontrow/reservation/v1/reservation.proto

import type { Long } from '@grpc/proto-loader';

export interface ReservedSeat {
  'seatId'?: (number | string | Long);
  'seatNumber'?: (number);
  'section'?: (string);
  'row'?: (string);
  'grade'?: (string);
  'price'?: (number | string | Long);
}

export interface ReservedSeat__Output {
  'seatId': (number);
  'seatNumber': (number);
  'section': (string);
  'row': (string);
  'grade': (string);
  'price': (number);
}
