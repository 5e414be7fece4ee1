// Original file: frontrow/reservation/v1/reservation.proto

import type { Long } from '@grpc/proto-loader';

export interface ListTakenSeatsRequest {
  'scheduleId'?: (number | string | Long);
}

export interface ListTakenSeatsRequest__Output {
  'scheduleId': (number);
}
