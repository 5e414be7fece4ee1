import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { QueueServiceClient as _frontrow_queue_v1_QueueServiceClient, QueueServiceDefinition as _frontrow_queue_v1_QueueServiceDefinition } from './frontrow/queue/v1/QueueService.ts';
import type { TokenOutcome as _frontrow_queue_v1_TokenOutcome, TokenOutcome__Output as _frontrow_queue_v1_TokenOutcome__Output } from './frontrow/queue/v1/TokenOutcome.ts';
import type { TokenRefusal as _frontrow_queue_v1_TokenRefusal, TokenRefusal__Output as _frontrow_queue_v1_TokenRefusal__Output } from './frontrow/queue/v1/TokenRefusal.ts';
import type { VerifyTokenRequest as _frontrow_queue_v1_VerifyTokenRequest, VerifyTokenRequest__Output as _frontrow_queue_v1_VerifyTokenRequest__Output } from './frontrow/queue/v1/VerifyTokenRequest.ts';
import type { VerifyTokenResponse as _frontrow_queue_v1_VerifyTokenResponse, VerifyTokenResponse__Output as _frontrow_queue_v1_VerifyTokenResponse__Output } from './frontrow/queue/v1/VerifyTokenResponse.ts';
import type { VerifyTokensRequest as _frontrow_queue_v1_VerifyTokensRequest, VerifyTokensRequest__Output as _frontrow_queue_v1_VerifyTokensRequest__Output } from './frontrow/queue/v1/VerifyTokensRequest.ts';
import type { VerifyTokensResponse as _frontrow_queue_v1_VerifyTokensResponse, VerifyTokensResponse__Output as _frontrow_queue_v1_VerifyTokensResponse__Output } from './frontrow/queue/v1/VerifyTokensResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  frontrow: {
    queue: {
      v1: {
        QueueService: SubtypeConstructor<typeof grpc.Client, _frontrow_queue_v1_QueueServiceClient> & { service: _frontrow_queue_v1_QueueServiceDefinition }
        TokenOutcome: MessageTypeDefinition<_frontrow_queue_v1_TokenOutcome, _frontrow_queue_v1_TokenOutcome__Output>
        TokenRefusal: MessageTypeDefinition<_frontrow_queue_v1_TokenRefusal, _frontrow_queue_v1_TokenRefusal__Output>
        VerifyTokenRequest: MessageTypeDefinition<_frontrow_queue_v1_VerifyTokenRequest, _frontrow_queue_v1_VerifyTokenRequest__Output>
        VerifyTokenResponse: MessageTypeDefinition<_frontrow_queue_v1_VerifyTokenResponse, _frontrow_queue_v1_VerifyTokenResponse__Output>
        VerifyTokensRequest: MessageTypeDefinition<_frontrow_queue_v1_VerifyTokensRequest, _frontrow_queue_v1_VerifyTokensRequest__Output>
        VerifyTokensResponse: MessageTypeDefinition<_frontrow_queue_v1_VerifyTokensResponse, _frontrow_queue_v1_VerifyTokensResponse__Output>
      }
    }
  }
}

