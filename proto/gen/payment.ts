import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { GetPaymentRequest as _frontrow_payment_v1_GetPaymentRequest, GetPaymentRequest__Output as _frontrow_payment_v1_GetPaymentRequest__Output } from './frontrow/payment/v1/GetPaymentRequest.ts';
import type { Payment as _frontrow_payment_v1_Payment, Payment__Output as _frontrow_payment_v1_Payment__Output } from './frontrow/payment/v1/Payment.ts';
import type { PaymentRefusal as _frontrow_payment_v1_PaymentRefusal, PaymentRefusal__Output as _frontrow_payment_v1_PaymentRefusal__Output } from './frontrow/payment/v1/PaymentRefusal.ts';
import type { PaymentServiceClient as _frontrow_payment_v1_PaymentServiceClient, PaymentServiceDefinition as _frontrow_payment_v1_PaymentServiceDefinition } from './frontrow/payment/v1/PaymentService.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  frontrow: {
    payment: {
      v1: {
        GetPaymentRequest: MessageTypeDefinition<_frontrow_payment_v1_GetPaymentRequest, _frontrow_payment_v1_GetPaymentRequest__Output>
        Payment: MessageTypeDefinition<_frontrow_payment_v1_Payment, _frontrow_payment_v1_Payment__Output>
        PaymentRefusal: MessageTypeDefinition<_frontrow_payment_v1_PaymentRefusal, _frontrow_payment_v1_PaymentRefusal__Output>
        PaymentService: SubtypeConstructor<typeof grpc.Client, _frontrow_payment_v1_PaymentServiceClient> & { service: _frontrow_payment_v1_PaymentServiceDefinition }
      }
    }
  }
}

