// Original file: frontrow/reservation/v1/reservation.proto

import type { Long } from '@grpc/proto-loader';

export interface HouseSeatsResponse {
  'changedSeatIds'?: (number | string | Long)[];
}

export interface HouseSeatsResponse__Output {
  'changedSeatIds': (number)[];
}
