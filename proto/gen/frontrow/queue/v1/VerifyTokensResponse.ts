// Original file: frontrow/queue/v1/queue.proto

import type { TokenOutcome as _frontrow_queue_v1_TokenOutcome, TokenOutcome__Output as _frontrow_queue_v1_TokenOutcome__Output } from '../../../frontrow/queue/v1/TokenOutcome.ts';

export interface VerifyTokensResponse {
  'outcomes'?: (_frontrow_queue_v1_TokenOutcome)[];
}

export interface VerifyTokensResponse__Output {
  'outcomes': (_frontrow_queue_v1_TokenOutcome__Output)[];
}
