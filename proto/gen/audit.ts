import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AuditServiceClient as _frontrow_audit_v1_AuditServiceClient, AuditServiceDefinition as _frontrow_audit_v1_AuditServiceDefinition } from './frontrow/audit/v1/AuditService.ts';
import type { CheckInvariantsRequest as _frontrow_audit_v1_CheckInvariantsRequest, CheckInvariantsRequest__Output as _frontrow_audit_v1_CheckInvariantsRequest__Output } from './frontrow/audit/v1/CheckInvariantsRequest.ts';
import type { CheckInvariantsResponse as _frontrow_audit_v1_CheckInvariantsResponse, CheckInvariantsResponse__Output as _frontrow_audit_v1_CheckInvariantsResponse__Output } from './frontrow/audit/v1/CheckInvariantsResponse.ts';
import type { InvariantCheck as _frontrow_audit_v1_InvariantCheck, InvariantCheck__Output as _frontrow_audit_v1_InvariantCheck__Output } from './frontrow/audit/v1/InvariantCheck.ts';
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
        AuditService: SubtypeConstructor<typeof grpc.Client, _frontrow_audit_v1_AuditServiceClient> & { service: _frontrow_audit_v1_AuditServiceDefinition }
        CheckInvariantsRequest: MessageTypeDefinition<_frontrow_audit_v1_CheckInvariantsRequest, _frontrow_audit_v1_CheckInvariantsRequest__Output>
        CheckInvariantsResponse: MessageTypeDefinition<_frontrow_audit_v1_CheckInvariantsResponse, _frontrow_audit_v1_CheckInvariantsResponse__Output>
        InvariantCheck: MessageTypeDefinition<_frontrow_audit_v1_InvariantCheck, _frontrow_audit_v1_InvariantCheck__Output>
        ListPaymentFactsRequest: MessageTypeDefinition<_frontrow_audit_v1_ListPaymentFactsRequest, _frontrow_audit_v1_ListPaymentFactsRequest__Output>
        ListPaymentFactsResponse: MessageTypeDefinition<_frontrow_audit_v1_ListPaymentFactsResponse, _frontrow_audit_v1_ListPaymentFactsResponse__Output>
        PaymentFact: MessageTypeDefinition<_frontrow_audit_v1_PaymentFact, _frontrow_audit_v1_PaymentFact__Output>
      }
    }
  }
}

