// Original file: frontrow/payment/v1/payment.proto


export interface GetPaymentRequest {
  'paymentId'?: (string);
}

export interface GetPaymentRequest__Output {
  'paymentId': (string);
}
