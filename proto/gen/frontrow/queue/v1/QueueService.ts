// Original file: frontrow/queue/v1/queue.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { VerifyTokenRequest as _frontrow_queue_v1_VerifyTokenRequest, VerifyTokenRequest__Output as _frontrow_queue_v1_VerifyTokenRequest__Output } from '../../../frontrow/queue/v1/VerifyTokenRequest.ts';
import type { VerifyTokenResponse as _frontrow_queue_v1_VerifyTokenResponse, VerifyTokenResponse__Output as _frontrow_queue_v1_VerifyTokenResponse__Output } from '../../../frontrow/queue/v1/VerifyTokenResponse.ts';

export interface QueueServiceClient extends grpc.Client {
  VerifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  VerifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  VerifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  VerifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  verifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  verifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  verifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  verifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface QueueServiceHandlers extends grpc.UntypedServiceImplementation {
  VerifyToken: grpc.handleUnaryCall<_frontrow_queue_v1_VerifyTokenRequest__Output, _frontrow_queue_v1_VerifyTokenResponse>;
  
}

export interface QueueServiceDefinition extends grpc.ServiceDefinition {
  VerifyToken: MethodDefinition<_frontrow_queue_v1_VerifyTokenRequest, _frontrow_queue_v1_VerifyTokenResponse, _frontrow_queue_v1_VerifyTokenRequest__Output, _frontrow_queue_v1_VerifyTokenResponse__Output>
}
