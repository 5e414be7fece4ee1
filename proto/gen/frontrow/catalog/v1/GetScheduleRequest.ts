// Original file: frontrow/catalog/v1/catalog.proto

import type { Long } from '@grpc/proto-loader';

export interface GetScheduleRequest {
  'scheduleId'?: (number | string | Long);
}

export interface GetScheduleRequest__Output {
  'scheduleId': (number);
}
