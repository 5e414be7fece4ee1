// Original file: frontrow/reservation/v1/reservation.proto

import type { Long } from '@grpc/proto-loader';

export interface CancellationProgress {
  'live'?: (number | string | Long);
  'cancelled'?: (number | string | Long);
  'refundsPending'?: (number | string | Long);
  'refunded'?: (number | string | Long);
}

export interface CancellationProgress__Output {
  'live': (number);
  'cancelled': (number);
  'refundsPending': (number);
  'refunded': (number);
}
