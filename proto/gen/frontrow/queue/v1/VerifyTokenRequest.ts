// Original file: frontrow/queue/v1/queue.proto

import type { Long } from '@grpc/proto-loader';

export interface VerifyTokenRequest {
  'token'?: (string);
  'scheduleId'?: (number | string | Long);
  'userId'?: (string);
  '_scheduleId'?: "scheduleId";
  '_userId'?: "userId";
}

export interface VerifyTokenRequest__Output {
  'token': (string);
  'scheduleId'?: (number);
  'userId'?: (string);
}
