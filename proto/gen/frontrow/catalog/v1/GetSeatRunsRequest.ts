// Original file: frontrow/catalog/v1/catalog.proto

import type { Long } from '@grpc/proto-loader';

export interface GetSeatRunsRequest {
  'scheduleId'?: (number | string | Long);
  'afterSeatId'?: (number | string | Long);
  'limit'?: (number);
}

export interface GetSeatRunsRequest__Output {
  'scheduleId': (number);
  'afterSeatId': (number);
  'limit': (number);
}
