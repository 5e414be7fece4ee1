// Original file: frontrow/queue/v1/queue.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ExtendTokenRequest as _frontrow_queue_v1_ExtendTokenRequest, ExtendTokenRequest__Output as _frontrow_queue_v1_ExtendTokenRequest__Output } from '../../../frontrow/queue/v1/ExtendTokenRequest.ts';
import type { ExtendTokenResponse as _frontrow_queue_v1_ExtendTokenResponse, ExtendTokenResponse__Output as _frontrow_queue_v1_ExtendTokenResponse__Output } from '../../../frontrow/queue/v1/ExtendTokenResponse.ts';
import type { VerifyTokenRequest as _frontrow_queue_v1_VerifyTokenRequest, VerifyTokenRequest__Output as _frontrow_queue_v1_VerifyTokenRequest__Output } from '../../../frontrow/queue/v1/VerifyTokenRequest.ts';
import type { VerifyTokenResponse as _frontrow_queue_v1_VerifyTokenResponse, VerifyTokenResponse__Output as _frontrow_queue_v1_VerifyTokenResponse__Output } from '../../../frontrow/queue/v1/VerifyTokenResponse.ts';

export interface QueueServiceClient extends grpc.Client {
  ExtendToken(argument: _frontrow_queue_v1_ExtendTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_ExtendTokenResponse__Output>): grpc.ClientUnaryCall;
  ExtendToken(argument: _frontrow_queue_v1_ExtendTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_queue_v1_ExtendTokenResponse__Output>): grpc.ClientUnaryCall;
  ExtendToken(argument: _frontrow_queue_v1_ExtendTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_ExtendTokenResponse__Output>): grpc.ClientUnaryCall;
  ExtendToken(argument: _frontrow_queue_v1_ExtendTokenRequest, callback: grpc.requestCallback<_frontrow_queue_v1_ExtendTokenResponse__Output>): grpc.ClientUnaryCall;
  extendToken(argument: _frontrow_queue_v1_ExtendTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_ExtendTokenResponse__Output>): grpc.ClientUnaryCall;
  extendToken(argument: _frontrow_queue_v1_ExtendTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_queue_v1_ExtendTokenResponse__Output>): grpc.ClientUnaryCall;
  extendToken(argument: _frontrow_queue_v1_ExtendTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_queue_v1_ExtendTokenResponse__Output>): grpc.ClientUnaryCall;
  extendToken(argument: _frontrow_queue_v1_ExtendTokenRequest, callback: grpc.requestCallback<_frontrow_queue_v1_ExtendTokenResponse__Output>): grpc.ClientUnaryCall;
  
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
  ExtendToken: grpc.handleUnaryCall<_frontrow_queue_v1_ExtendTokenRequest__Output, _frontrow_queue_v1_ExtendTokenResponse>;
  
  VerifyToken: grpc.handleUnaryCall<_frontrow_queue_v1_VerifyTokenRequest__Output, _frontrow_queue_v1_VerifyTokenResponse>;
  
}

export interface QueueServiceDefinition extends grpc.ServiceDefinition {
  ExtendToken: MethodDefinition<_frontrow_queue_v1_ExtendTokenRequest, _frontrow_queue_v1_ExtendTokenResponse, _frontrow_queue_v1_ExtendTokenRequest__Output, _frontrow_queue_v1_ExtendTokenResponse__Output>
  VerifyToken: MethodDefinition<_frontrow_queue_v1_VerifyTokenRequest, _frontrow_queue_v1_VerifyTokenResponse, _frontrow_queue_v1_VerifyTokenRequest__Output, _frontrow_queue_v1_VerifyTokenResponse__Output>
}
