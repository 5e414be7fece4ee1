// Original file: frontrow/payment/v1/payment.proto

import type { PaymentRefusal as _frontrow_payment_v1_PaymentRefusal, PaymentRefusal__Output as _frontrow_payment_v1_PaymentRefusal__Output } from '../../../frontrow/payment/v1/PaymentRefusal.ts';
import type { Long } from '@grpc/proto-loader';

export interface Payment {
  'paymentId'?: (string);
  'reservationId'?: (string);
  'userId'?: (string);
  'amount'?: (number | string | Long);
  'paymentMethod'?: (string);
  'status'?: (string);
  'createdAtMs'?: (number | string | Long);
  'paidAtMs'?: (number | string | Long);
  'endedAtMs'?: (number | string | Long);
  'refused'?: (_frontrow_payment_v1_PaymentRefusal | null);
}

export interface Payment__Output {
  'paymentId': (string);
  'reservationId': (string);
  'userId': (string);
  'amount': (number);
  'paymentMethod': (string);
  'status': (string);
  'createdAtMs': (number);
  'paidAtMs': (number);
  'endedAtMs': (number);
  'refused': (_frontrow_payment_v1_PaymentRefusal__Output | null);
}
