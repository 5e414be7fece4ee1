// Original file: frontrow/queue/v1/queue.proto

import type { Long } from '@grpc/proto-loader';

export interface ExtendTokenResponse {
  'activeUntilMs'?: (number | string | Long);
}

export interface ExtendTokenResponse__Output {
  'activeUntilMs': (number);
}
