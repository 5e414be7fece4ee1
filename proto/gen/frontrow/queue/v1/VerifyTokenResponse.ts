// Original file: frontrow/queue/v1/queue.proto

import type { Long } from '@grpc/proto-loader';

export interface VerifyTokenResponse {
  'scheduleId'?: (number | string | Long);
  'userId'?: (string);
  'activeUntilMs'?: (number | string | Long);
  'sequence'?: (number | string | Long);
}

export interface VerifyTokenResponse__Output {
  'scheduleId': (number);
  'userId': (string);
  'activeUntilMs': (number);
  'sequence': (number);
}
