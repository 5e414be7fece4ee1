// Original file: frontrow/wallet/v1/wallet.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetBalanceRequest as _frontrow_wallet_v1_GetBalanceRequest, GetBalanceRequest__Output as _frontrow_wallet_v1_GetBalanceRequest__Output } from '../../../frontrow/wallet/v1/GetBalanceRequest.ts';
import type { GetBalanceResponse as _frontrow_wallet_v1_GetBalanceResponse, GetBalanceResponse__Output as _frontrow_wallet_v1_GetBalanceResponse__Output } from '../../../frontrow/wallet/v1/GetBalanceResponse.ts';

export interface WalletServiceClient extends grpc.Client {
  GetBalance(argument: _frontrow_wallet_v1_GetBalanceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_wallet_v1_GetBalanceResponse__Output>): grpc.ClientUnaryCall;
  GetBalance(argument: _frontrow_wallet_v1_GetBalanceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_wallet_v1_GetBalanceResponse__Output>): grpc.ClientUnaryCall;
  GetBalance(argument: _frontrow_wallet_v1_GetBalanceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_wallet_v1_GetBalanceResponse__Output>): grpc.ClientUnaryCall;
  GetBalance(argument: _frontrow_wallet_v1_GetBalanceRequest, callback: grpc.requestCallback<_frontrow_wallet_v1_GetBalanceResponse__Output>): grpc.ClientUnaryCall;
  getBalance(argument: _frontrow_wallet_v1_GetBalanceRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_wallet_v1_GetBalanceResponse__Output>): grpc.ClientUnaryCall;
  getBalance(argument: _frontrow_wallet_v1_GetBalanceRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_wallet_v1_GetBalanceResponse__Output>): grpc.ClientUnaryCall;
  getBalance(argument: _frontrow_wallet_v1_GetBalanceRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_wallet_v1_GetBalanceResponse__Output>): grpc.ClientUnaryCall;
  getBalance(argument: _frontrow_wallet_v1_GetBalanceRequest, callback: grpc.requestCallback<_frontrow_wallet_v1_GetBalanceResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface WalletServiceHandlers extends grpc.UntypedServiceImplementation {
  GetBalance: grpc.handleUnaryCall<_frontrow_wallet_v1_GetBalanceRequest__Output, _frontrow_wallet_v1_GetBalanceResponse>;
  
}

export interface WalletServiceDefinition extends grpc.ServiceDefinition {
  GetBalance: MethodDefinition<_frontrow_wallet_v1_GetBalanceRequest, _frontrow_wallet_v1_GetBalanceResponse, _frontrow_wallet_v1_GetBalanceRequest__Output, _frontrow_wallet_v1_GetBalanceResponse__Output>
}
