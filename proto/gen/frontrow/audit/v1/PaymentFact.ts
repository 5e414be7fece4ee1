// Original file: frontrow/audit/v1/audit.proto

import type { Long } from '@grpc/proto-loader';

export interface PaymentFact {
  'paymentId'?: (string);
  'reservationId'?: (string);
  'status'?: (string);
  'amount'?: (number | string | Long);
  'debited'?: (number | string | Long);
  'refunded'?: (number | string | Long);
  'debitCount'?: (number);
  'refundCount'?: (number);
  'cancelReason'?: (string);
  'cancelledAtMs'?: (number | string | Long);
}

export interface PaymentFact__Output {
  'paymentId': (string);
  'reservationId': (string);
  'status': (string);
  'amount': (number);
  'debited': (number);
  'refunded': (number);
  'debitCount': (number);
  'refundCount': (number);
  'cancelReason': (string);
  'cancelledAtMs': (number);
}
