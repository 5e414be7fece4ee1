// Original file: frontrow/queue/v1/queue.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { VerifyTokenRequest as _frontrow_queue_v1_VerifyTokenRequest, VerifyTokenRequest__Output as _frontrow_queue_v1_VerifyTokenRequest__Output } from '../../../frontrow/queue/v1/VerifyTokenRequest.ts';
import type { VerifyTokenResponse as _frontrow_queue_v1_VerifyTokenResponse, VerifyTokenResponse__Output as _frontrow_queue_v1_VerifyTokenResponse__Output } from '../../../frontrow/queue/v1/VerifyTokenResponse.ts';
import type { VerifyTokensRequest as _frontrow_queue_v1_VerifyTokensRequest, VerifyTokensRequest__Output as _frontrow_queue_v1_VerifyTokensRequest__Output } from '../../../frontrow/queue/v1/VerifyTokensRequest.ts';
import type { VerifyTokensResponse as _frontrow_queue_v1_VerifyTokensResponse, VerifyTokensResponse__Output as _frontrow_queue_v1_VerifyTokensResponse__Output } from '../../../frontrow/queue/v1/VerifyTokensResponse.ts';

export interface QueueServiceClient extends grpc.Client {
  VerifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  VerifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  VerifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  VerifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  verifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  verifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  verifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  verifyToken(argument: _frontrow_queue_v1_VerifyTokenRequest, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokenResponse__Output>): grpc.ClientUnaryCall;
  
  VerifyTokens(argument: _frontrow_queue_v1_VerifyTokensRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokensResponse__Output>): grpc.ClientUnaryCall;
  VerifyTokens(argument: _frontrow_queue_v1_VerifyTokensRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokensResponse__Output>): grpc.ClientUnaryCall;
  VerifyTokens(argument: _frontrow_queue_v1_VerifyTokensRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokensResponse__Output>): grpc.ClientUnaryCall;
  VerifyTokens(argument: _frontrow_queue_v1_VerifyTokensRequest, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokensResponse__Output>): grpc.ClientUnaryCall;
  verifyTokens(argument: _frontrow_queue_v1_VerifyTokensRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokensResponse__Output>): grpc.ClientUnaryCall;
  verifyTokens(argument: _frontrow_queue_v1_VerifyTokensRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokensResponse__Output>): grpc.ClientUnaryCall;
  verifyTokens(argument: _frontrow_queue_v1_VerifyTokensRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokensResponse__Output>): grpc.ClientUnaryCall;
  verifyTokens(argument: _frontrow_queue_v1_VerifyTokensRequest, callback: grpc.requestCallback<_frontrow_queue_v1_VerifyTokensResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface QueueServiceHandlers extends grpc.UntypedServiceImplementation {
  VerifyToken: grpc.handleUnaryCall<_frontrow_queue_v1_VerifyTokenRequest__Output, _frontrow_queue_v1_VerifyTokenResponse>;
  
  VerifyTokens: grpc.handleUnaryCall<_frontrow_queue_v1_VerifyTokensRequest__Output, _frontrow_queue_v1_VerifyTokensResponse>;
  
}

export interface QueueServiceDefinition extends grpc.ServiceDefinition {
  VerifyToken: MethodDefinition<_frontrow_queue_v1_VerifyTokenRequest, _frontrow_queue_v1_VerifyTokenResponse, _frontrow_queue_v1_VerifyTokenRequest__Output, _frontrow_queue_v1_VerifyTokenResponse__Output>
  VerifyTokens: MethodDefinition<_frontrow_queue_v1_VerifyTokensRequest, _frontrow_queue_v1_VerifyTokensResponse, _frontrow_queue_v1_VerifyTokensRequest__Output, _frontrow_queue_v1_VerifyTokensResponse__Output>
}
