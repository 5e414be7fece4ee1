// Original file: frontrow/reservation/v1/reservation.proto

import type { Long } from '@grpc/proto-loader';

export interface SeatRange {
  'scheduleId'?: (number | string | Long);
  'firstSeatId'?: (number | string | Long);
  'lastSeatId'?: (number | string | Long);
}

export interface SeatRange__Output {
  'scheduleId': (number);
  'firstSeatId': (number);
  'lastSeatId': (number);
}
