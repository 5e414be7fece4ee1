// Original file: frontrow/catalog/v1/catalog.proto

import type { Long } from '@grpc/proto-loader';

export interface SeatRun {
  'firstSeatId'?: (number | string | Long);
  'firstSeatNumber'?: (number);
  'seatCount'?: (number);
  'section'?: (string);
  'row'?: (string);
  'grade'?: (string);
  'price'?: (number | string | Long);
}

export interface SeatRun__Output {
  'firstSeatId': (number);
  'firstSeatNumber': (number);
  'seatCount': (number);
  'section': (string);
  'row': (string);
  'grade': (string);
  'price': (number);
}
