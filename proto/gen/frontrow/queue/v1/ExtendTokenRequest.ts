// Original file: frontrow/queue/v1/queue.proto

import type { Long } from '@grpc/proto-loader';

export interface ExtendTokenRequest {
  'token'?: (string);
  'untilMs'?: (number | string | Long);
}

export interface ExtendTokenRequest__Output {
  'token': (string);
  'untilMs': (number);
}
