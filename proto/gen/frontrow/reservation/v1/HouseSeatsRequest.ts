// Original file: frontrow/reservation/v1/reservation.proto

import type { Long } from '@grpc/proto-loader';

export interface HouseSeatsRequest {
  'scheduleId'?: (number | string | Long);
  'seatIds'?: (number | string | Long)[];
}

export interface HouseSeatsRequest__Output {
  'scheduleId': (number);
  'seatIds': (number)[];
}
