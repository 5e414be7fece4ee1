// Original file: frontrow/audit/v1/audit.proto

import type { InvariantCheck as _frontrow_audit_v1_InvariantCheck, InvariantCheck__Output as _frontrow_audit_v1_InvariantCheck__Output } from '../../../frontrow/audit/v1/InvariantCheck.ts';

export interface CheckInvariantsResponse {
  'invariants'?: (_frontrow_audit_v1_InvariantCheck)[];
}

export interface CheckInvariantsResponse__Output {
  'invariants': (_frontrow_audit_v1_InvariantCheck__Output)[];
}
