// Original file: frontrow/queue/v1/queue.proto

import type { VerifyTokenRequest as _frontrow_queue_v1_VerifyTokenRequest, VerifyTokenRequest__Output as _frontrow_queue_v1_VerifyTokenRequest__Output } from '../../../frontrow/queue/v1/VerifyTokenRequest.ts';

export interface VerifyTokensRequest {
  'checks'?: (_frontrow_queue_v1_VerifyTokenRequest)[];
}

export interface VerifyTokensRequest__Output {
  'checks': (_frontrow_queue_v1_VerifyTokenRequest__Output)[];
}
