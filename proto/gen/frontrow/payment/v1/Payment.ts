// Original file: frontrow/payment/v1/payment.proto

import type { Long } from '@grpc/proto-loader';

export interface Payment {
  'paymentId'?: (string);
  'reservationId'?: (string);
  'userId'?: (string);
  'amount'?: (number | string | Long);
  'paymentMethod'?: (string);
  'status'?: (string);
}

export interface Payment__Output {
  'paymentId': (string);
  'reservationId': (string);
  'userId': (string);
  'amount': (number);
  'paymentMethod': (string);
  'status': (string);
}
