// Original file: frontrow/reservation/v1/reservation.proto

import type { Long } from '@grpc/proto-loader';

export interface GetCancellationProgressRequest {
  'scheduleId'?: (number | string | Long);
}

export interface GetCancellationProgressRequest__Output {
  'scheduleId': (number);
}
