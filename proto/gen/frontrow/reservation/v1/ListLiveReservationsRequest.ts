// Original file: frontrow/reservation/v1/reservation.proto

import type { Long } from '@grpc/proto-loader';

export interface ListLiveReservationsRequest {
  'scheduleId'?: (number | string | Long);
  'afterReservationId'?: (string);
  'limit'?: (number);
}

export interface ListLiveReservationsRequest__Output {
  'scheduleId': (number);
  'afterReservationId': (string);
  'limit': (number);
}
