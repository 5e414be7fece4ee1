// Original file: frontrow/catalog/v1/catalog.proto

import type { Long } from '@grpc/proto-loader';

export interface Seat {
  'seatId'?: (number | string | Long);
  'seatNumber'?: (number);
  'section'?: (string);
  'row'?: (string);
  'grade'?: (string);
  'price'?: (number | string | Long);
}

export interface Seat__Output {
  'seatId': (number);
  'seatNumber': (number);
  'section': (string);
  'row': (string);
  'grade': (string);
  'price': (number);
}
