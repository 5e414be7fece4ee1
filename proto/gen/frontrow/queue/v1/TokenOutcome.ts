// Original file: frontrow/queue/v1/queue.proto

import type { VerifyTokenResponse as _frontrow_queue_v1_VerifyTokenResponse, VerifyTokenResponse__Output as _frontrow_queue_v1_VerifyTokenResponse__Output } from '../../../frontrow/queue/v1/VerifyTokenResponse.ts';
import type { TokenRefusal as _frontrow_queue_v1_TokenRefusal, TokenRefusal__Output as _frontrow_queue_v1_TokenRefusal__Output } from '../../../frontrow/queue/v1/TokenRefusal.ts';

export interface TokenOutcome {
  'verified'?: (_frontrow_queue_v1_VerifyTokenResponse | null);
  'refused'?: (_frontrow_queue_v1_TokenRefusal | null);
  'outcome'?: "verified"|"refused";
}

export interface TokenOutcome__Output {
  'verified'?: (_frontrow_queue_v1_VerifyTokenResponse__Output | null);
  'refused'?: (_frontrow_queue_v1_TokenRefusal__Output | null);
}
