// Original file: frontrow/audit/v1/audit.proto

import type { PaymentFact as _frontrow_audit_v1_PaymentFact, PaymentFact__Output as _frontrow_audit_v1_PaymentFact__Output } from '../../../frontrow/audit/v1/PaymentFact.ts';

export interface ListPaymentFactsResponse {
  'facts'?: (_frontrow_audit_v1_PaymentFact)[];
}

export interface ListPaymentFactsResponse__Output {
  'facts': (_frontrow_audit_v1_PaymentFact__Output)[];
}
