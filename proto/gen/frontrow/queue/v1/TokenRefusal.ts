// Original file: frontrow/queue/v1/queue.proto


export interface TokenRefusal {
  'code'?: (string);
  'message'?: (string);
  'retryAfterSeconds'?: (number);
  '_retryAfterSeconds'?: "retryAfterSeconds";
}

export interface TokenRefusal__Output {
  'code': (string);
  'message': (string);
  'retryAfterSeconds'?: (number);
}
