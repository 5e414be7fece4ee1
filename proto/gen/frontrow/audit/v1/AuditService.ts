// Original file: frontrow/audit/v1/audit.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CheckInvariantsRequest as _frontrow_audit_v1_CheckInvariantsRequest, CheckInvariantsRequest__Output as _frontrow_audit_v1_CheckInvariantsRequest__Output } from '../../../frontrow/audit/v1/CheckInvariantsRequest.ts';
import type { CheckInvariantsResponse as _frontrow_audit_v1_CheckInvariantsResponse, CheckInvariantsResponse__Output as _frontrow_audit_v1_CheckInvariantsResponse__Output } from '../../../frontrow/audit/v1/CheckInvariantsResponse.ts';
import type { ListAdminActionsRequest as _frontrow_audit_v1_ListAdminActionsRequest, ListAdminActionsRequest__Output as _frontrow_audit_v1_ListAdminActionsRequest__Output } from '../../../frontrow/audit/v1/ListAdminActionsRequest.ts';
import type { ListAdminActionsResponse as _frontrow_audit_v1_ListAdminActionsResponse, ListAdminActionsResponse__Output as _frontrow_audit_v1_ListAdminActionsResponse__Output } from '../../../frontrow/audit/v1/ListAdminActionsResponse.ts';
import type { ListPaymentFactsRequest as _frontrow_audit_v1_ListPaymentFactsRequest, ListPaymentFactsRequest__Output as _frontrow_audit_v1_ListPaymentFactsRequest__Output } from '../../../frontrow/audit/v1/ListPaymentFactsRequest.ts';
import type { ListPaymentFactsResponse as _frontrow_audit_v1_ListPaymentFactsResponse, ListPaymentFactsResponse__Output as _frontrow_audit_v1_ListPaymentFactsResponse__Output } from '../../../frontrow/audit/v1/ListPaymentFactsResponse.ts';

export interface AuditServiceClient extends grpc.Client {
  CheckInvariants(argument: _frontrow_audit_v1_CheckInvariantsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_audit_v1_CheckInvariantsResponse__Output>): grpc.ClientUnaryCall;
  CheckInvariants(argument: _frontrow_audit_v1_CheckInvariantsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_audit_v1_CheckInvariantsResponse__Output>): grpc.ClientUnaryCall;
  CheckInvariants(argument: _frontrow_audit_v1_CheckInvariantsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_audit_v1_CheckInvariantsResponse__Output>): grpc.ClientUnaryCall;
  CheckInvariants(argument: _frontrow_audit_v1_CheckInvariantsRequest, callback: grpc.requestCallback<_frontrow_audit_v1_CheckInvariantsResponse__Output>): grpc.ClientUnaryCall;
  checkInvariants(argument: _frontrow_audit_v1_CheckInvariantsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_audit_v1_CheckInvariantsResponse__Output>): grpc.ClientUnaryCall;
  checkInvariants(argument: _frontrow_audit_v1_CheckInvariantsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_audit_v1_CheckInvariantsResponse__Output>): grpc.ClientUnaryCall;
  checkInvariants(argument: _frontrow_audit_v1_CheckInvariantsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_audit_v1_CheckInvariantsResponse__Output>): grpc.ClientUnaryCall;
  checkInvariants(argument: _frontrow_audit_v1_CheckInvariantsRequest, callback: grpc.requestCallback<_frontrow_audit_v1_CheckInvariantsResponse__Output>): grpc.ClientUnaryCall;
  
  ListAdminActions(argument: _frontrow_audit_v1_ListAdminActionsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_audit_v1_ListAdminActionsResponse__Output>): grpc.ClientUnaryCall;
  ListAdminActions(argument: _frontrow_audit_v1_ListAdminActionsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_audit_v1_ListAdminActionsResponse__Output>): grpc.ClientUnaryCall;
  ListAdminActions(argument: _frontrow_audit_v1_ListAdminActionsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_audit_v1_ListAdminActionsResponse__Output>): grpc.ClientUnaryCall;
  ListAdminActions(argument: _frontrow_audit_v1_ListAdminActionsRequest, callback: grpc.requestCallback<_frontrow_audit_v1_ListAdminActionsResponse__Output>): grpc.ClientUnaryCall;
  listAdminActions(argument: _frontrow_audit_v1_ListAdminActionsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_audit_v1_ListAdminActionsResponse__Output>): grpc.ClientUnaryCall;
  listAdminActions(argument: _frontrow_audit_v1_ListAdminActionsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_audit_v1_ListAdminActionsResponse__Output>): grpc.ClientUnaryCall;
  listAdminActions(argument: _frontrow_audit_v1_ListAdminActionsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_audit_v1_ListAdminActionsResponse__Output>): grpc.ClientUnaryCall;
  listAdminActions(argument: _frontrow_audit_v1_ListAdminActionsRequest, callback: grpc.requestCallback<_frontrow_audit_v1_ListAdminActionsResponse__Output>): grpc.ClientUnaryCall;
  
  ListPaymentFacts(argument: _frontrow_audit_v1_ListPaymentFactsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_audit_v1_ListPaymentFactsResponse__Output>): grpc.ClientUnaryCall;
  ListPaymentFacts(argument: _frontrow_audit_v1_ListPaymentFactsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_audit_v1_ListPaymentFactsResponse__Output>): grpc.ClientUnaryCall;
  ListPaymentFacts(argument: _frontrow_audit_v1_ListPaymentFactsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_audit_v1_ListPaymentFactsResponse__Output>): grpc.ClientUnaryCall;
  ListPaymentFacts(argument: _frontrow_audit_v1_ListPaymentFactsRequest, callback: grpc.requestCallback<_frontrow_audit_v1_ListPaymentFactsResponse__Output>): grpc.ClientUnaryCall;
  listPaymentFacts(argument: _frontrow_audit_v1_ListPaymentFactsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_audit_v1_ListPaymentFactsResponse__Output>): grpc.ClientUnaryCall;
  listPaymentFacts(argument: _frontrow_audit_v1_ListPaymentFactsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_audit_v1_ListPaymentFactsResponse__Output>): grpc.ClientUnaryCall;
  listPaymentFacts(argument: _frontrow_audit_v1_ListPaymentFactsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_audit_v1_ListPaymentFactsResponse__Output>): grpc.ClientUnaryCall;
  listPaymentFacts(argument: _frontrow_audit_v1_ListPaymentFactsRequest, callback: grpc.requestCallback<_frontrow_audit_v1_ListPaymentFactsResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface AuditServiceHandlers extends grpc.UntypedServiceImplementation {
  CheckInvariants: grpc.handleUnaryCall<_frontrow_audit_v1_CheckInvariantsRequest__Output, _frontrow_audit_v1_CheckInvariantsResponse>;
  
  ListAdminActions: grpc.handleUnaryCall<_frontrow_audit_v1_ListAdminActionsRequest__Output, _frontrow_audit_v1_ListAdminActionsResponse>;
  
  ListPaymentFacts: grpc.handleUnaryCall<_frontrow_audit_v1_ListPaymentFactsRequest__Output, _frontrow_audit_v1_ListPaymentFactsResponse>;
  
}

export interface AuditServiceDefinition extends grpc.ServiceDefinition {
  CheckInvariants: MethodDefinition<_frontrow_audit_v1_CheckInvariantsRequest, _frontrow_audit_v1_CheckInvariantsResponse, _frontrow_audit_v1_CheckInvariantsRequest__Output, _frontrow_audit_v1_CheckInvariantsResponse__Output>
  ListAdminActions: MethodDefinition<_frontrow_audit_v1_ListAdminActionsRequest, _frontrow_audit_v1_ListAdminActionsResponse, _frontrow_audit_v1_ListAdminActionsRequest__Output, _frontrow_audit_v1_ListAdminActionsResponse__Output>
  ListPaymentFacts: MethodDefinition<_frontrow_audit_v1_ListPaymentFactsRequest, _frontrow_audit_v1_ListPaymentFactsResponse, _frontrow_audit_v1_ListPaymentFactsRequest__Output, _frontrow_audit_v1_ListPaymentFactsResponse__Output>
}
