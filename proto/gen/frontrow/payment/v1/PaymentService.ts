// Original file: frontrow/payment/v1/payment.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetPaymentRequest as _frontrow_payment_v1_GetPaymentRequest, GetPaymentRequest__Output as _frontrow_payment_v1_GetPaymentRequest__Output } from '../../../frontrow/payment/v1/GetPaymentRequest.ts';
import type { Payment as _frontrow_payment_v1_Payment, Payment__Output as _frontrow_payment_v1_Payment__Output } from '../../../frontrow/payment/v1/Payment.ts';

export interface PaymentServiceClient extends grpc.Client {
  GetPayment(argument: _frontrow_payment_v1_GetPaymentRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_payment_v1_Payment__Output>): grpc.ClientUnaryCall;
  GetPayment(argument: _frontrow_payment_v1_GetPaymentRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_payment_v1_Payment__Output>): grpc.ClientUnaryCall;
  GetPayment(argument: _frontrow_payment_v1_GetPaymentRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_payment_v1_Payment__Output>): grpc.ClientUnaryCall;
  GetPayment(argument: _frontrow_payment_v1_GetPaymentRequest, callback: grpc.requestCallback<_frontrow_payment_v1_Payment__Output>): grpc.ClientUnaryCall;
  getPayment(argument: _frontrow_payment_v1_GetPaymentRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_payment_v1_Payment__Output>): grpc.ClientUnaryCall;
  getPayment(argument: _frontrow_payment_v1_GetPaymentRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_payment_v1_Payment__Output>): grpc.ClientUnaryCall;
  getPayment(argument: _frontrow_payment_v1_GetPaymentRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_payment_v1_Payment__Output>): grpc.ClientUnaryCall;
  getPayment(argument: _frontrow_payment_v1_GetPaymentRequest, callback: grpc.requestCallback<_frontrow_payment_v1_Payment__Output>): grpc.ClientUnaryCall;
  
}

export interface PaymentServiceHandlers extends grpc.UntypedServiceImplementation {
  GetPayment: grpc.handleUnaryCall<_frontrow_payment_v1_GetPaymentRequest__Output, _frontrow_payment_v1_Payment>;
  
}

export interface PaymentServiceDefinition extends grpc.ServiceDefinition {
  GetPayment: MethodDefinition<_frontrow_payment_v1_GetPaymentRequest, _frontrow_payment_v1_Payment, _frontrow_payment_v1_GetPaymentRequest__Output, _frontrow_payment_v1_Payment__Output>
}
