// Original file: frontrow/audit/v1/audit.proto


export interface ListPaymentFactsRequest {
  'afterPaymentId'?: (string);
  'limit'?: (number);
}

export interface ListPaymentFactsRequest__Output {
  'afterPaymentId': (string);
  'limit': (number);
}
