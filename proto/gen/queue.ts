import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { QueueServiceClient as _frontrow_queue_v1_QueueServiceClient, QueueServiceDefinition as _frontrow_queue_v1_QueueServiceDefinition } from './frontrow/queue/v1/QueueService.ts';
import type { VerifyTokenRequest as _frontrow_queue_v1_VerifyTokenRequest, VerifyTokenRequest__Output as _frontrow_queue_v1_VerifyTokenRequest__Output } from './frontrow/queue/v1/VerifyTokenRequest.ts';
import type { VerifyTokenResponse as _frontrow_queue_v1_VerifyTokenResponse, VerifyTokenResponse__Output as _frontrow_queue_v1_VerifyTokenResponse__Output } from './frontrow/queue/v1/VerifyTokenResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  frontrow: {
    queue: {
      v1: {
        QueueService: SubtypeConstructor<typeof grpc.Client, _frontrow_queue_v1_QueueServiceClient> & { service: _frontrow_queue_v1_QueueServiceDefinition }
        VerifyTokenRequest: MessageTypeDefinition<_frontrow_queue_v1_VerifyTokenRequest, _frontrow_queue_v1_VerifyTokenRequest__Output>
        VerifyTokenResponse: MessageTypeDefinition<_frontrow_queue_v1_VerifyTokenResponse, _frontrow_queue_v1_VerifyTokenResponse__Output>
      }
    }
  }
}

