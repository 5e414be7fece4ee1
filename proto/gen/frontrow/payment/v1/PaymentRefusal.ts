// Original file: frontrow/payment/v1/payment.proto


export interface PaymentRefusal {
  'code'?: (string);
  'message'?: (string);
  'reason'?: (string);
  'moneyMoved'?: (boolean);
}

export interface PaymentRefusal__Output {
  'code': (string);
  'message': (string);
  'reason': (string);
  'moneyMoved': (boolean);
}
