// Original file: frontrow/reservation/v1/reservation.proto

import type { Long } from '@grpc/proto-loader';

export interface ListTakenSeatsResponse {
  'heldSeatIds'?: (number | string | Long)[];
  'soldSeatIds'?: (number | string | Long)[];
  'blockedSeatIds'?: (number | string | Long)[];
}

export interface ListTakenSeatsResponse__Output {
  'heldSeatIds': (number)[];
  'soldSeatIds': (number)[];
  'blockedSeatIds': (number)[];
}
