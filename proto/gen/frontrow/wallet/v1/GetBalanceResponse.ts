// Original file: frontrow/wallet/v1/wallet.proto

import type { Long } from '@grpc/proto-loader';

export interface GetBalanceResponse {
  'balance'?: (number | string | Long);
}

export interface GetBalanceResponse__Output {
  'balance': (number);
}
