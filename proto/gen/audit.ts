import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AdminAction as _frontrow_audit_v1_AdminAction, AdminAction__Output as _frontrow_audit_v1_AdminAction__Output } from './frontrow/audit/v1/AdminAction.ts';
import type { AuditServiceClient as _frontrow_audit_v1_AuditServiceClient, AuditServiceDefinition as _frontrow_audit_v1_AuditServiceDefinition } from './frontrow/audit/v1/AuditService.ts';
import type { CheckInvariantsRequest as _frontrow_audit_v1_CheckInvariantsRequest, CheckInvariantsRequest__Output as _frontrow_audit_v1_CheckInvariantsRequest__Output } from './frontrow/audit/v1/CheckInvariantsRequest.ts';
import type { CheckInvariantsResponse as _frontrow_audit_v1_CheckInvariantsResponse, CheckInvariantsResponse__Output as _frontrow_audit_v1_CheckInvariantsResponse__Output } from './frontrow/audit/v1/CheckInvariantsResponse.ts';
import type { InvariantCheck as _frontrow_audit_v1_InvariantCheck, InvariantCheck__Output as _frontrow_audit_v1_InvariantCheck__Output } from './frontrow/audit/v1/InvariantCheck.ts';
import type { ListAdminActionsRequest as _frontrow_audit_v1_ListAdminActionsRequest, ListAdminActionsRequest__Output as _frontrow_audit_v1_ListAdminActionsRequest__Output } from './frontrow/audit/v1/ListAdminActionsRequest.ts';
import type { ListAdminActionsResponse as _frontrow_audit_v1_ListAdminActionsResponse, ListAdminActionsResponse__Output as _frontrow_audit_v1_ListAdminActionsResponse__Output } from './frontrow/audit/v1/ListAdminActionsResponse.ts';
import type { ListPaymentFactsRequest as _frontrow_audit_v1_ListPaymentFactsRequest, ListPaymentFactsRequest__Output as _frontrow_audit_v1_ListPaymentFactsRequest__Output } from './frontrow/audit/v1/ListPaymentFactsRequest.ts';
import type { ListPaymentFactsResponse as _frontrow_audit_v1_ListPaymentFactsResponse, ListPaymentFactsResponse__Output as _frontrow_audit_v1_ListPaymentFactsResponse__Output } from './frontrow/audit/v1/ListPaymentFactsResponse.ts';
import type { PaymentFact as _frontrow_audit_v1_PaymentFact, PaymentFact__Output as _frontrow_audit_v1_PaymentFact__Output } from './frontrow/audit/v1/PaymentFact.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  frontrow: {
    audit: {
      v1: {
        AdminAction: MessageTypeDefinition<_frontrow_audit_v1_AdminAction, _frontrow_audit_v1_AdminAction__Output>
        AuditService: SubtypeConstructor<typeof grpc.Client, _frontrow_audit_v1_AuditServiceClient> & { service: _frontrow_audit_v1_AuditServiceDefinition }
        CheckInvariantsRequest: MessageTypeDefinition<_frontrow_audit_v1_CheckInvariantsRequest, _frontrow_audit_v1_CheckInvariantsRequest__Output>
        CheckInvariantsResponse: MessageTypeDefinition<_frontrow_audit_v1_CheckInvariantsResponse, _frontrow_audit_v1_CheckInvariantsResponse__Output>
        InvariantCheck: MessageTypeDefinition<_frontrow_audit_v1_InvariantCheck, _frontrow_audit_v1_InvariantCheck__Output>
        ListAdminActionsRequest: MessageTypeDefinition<_frontrow_audit_v1_ListAdminActionsRequest, _frontrow_audit_v1_ListAdminActionsRequest__Output>
        ListAdminActionsResponse: MessageTypeDefinition<_frontrow_audit_v1_ListAdminActionsResponse, _frontrow_audit_v1_ListAdminActionsResponse__Output>
        ListPaymentFactsRequest: MessageTypeDefinition<_frontrow_audit_v1_ListPaymentFactsRequest, _frontrow_audit_v1_ListPaymentFactsRequest__Output>
        ListPaymentFactsResponse: MessageTypeDefinition<_frontrow_audit_v1_ListPaymentFactsResponse, _frontrow_audit_v1_ListPaymentFactsResponse__Output>
        PaymentFact: MessageTypeDefinition<_frontrow_audit_v1_PaymentFact, _frontrow_audit_v1_PaymentFact__Output>
      }
    }
  }
}

