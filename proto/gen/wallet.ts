import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { GetBalanceRequest as _frontrow_wallet_v1_GetBalanceRequest, GetBalanceRequest__Output as _frontrow_wallet_v1_GetBalanceRequest__Output } from './frontrow/wallet/v1/GetBalanceRequest.ts';
import type { GetBalanceResponse as _frontrow_wallet_v1_GetBalanceResponse, GetBalanceResponse__Output as _frontrow_wallet_v1_GetBalanceResponse__Output } from './frontrow/wallet/v1/GetBalanceResponse.ts';
import type { WalletServiceClient as _frontrow_wallet_v1_WalletServiceClient, WalletServiceDefinition as _frontrow_wallet_v1_WalletServiceDefinition } from './frontrow/wallet/v1/WalletService.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  frontrow: {
    wallet: {
      v1: {
        GetBalanceRequest: MessageTypeDefinition<_frontrow_wallet_v1_GetBalanceRequest, _frontrow_wallet_v1_GetBalanceRequest__Output>
        GetBalanceResponse: MessageTypeDefinition<_frontrow_wallet_v1_GetBalanceResponse, _frontrow_wallet_v1_GetBalanceResponse__Output>
        WalletService: SubtypeConstructor<typeof grpc.Client, _frontrow_wallet_v1_WalletServiceClient> & { service: _frontrow_wallet_v1_WalletServiceDefinition }
      }
    }
  }
}

