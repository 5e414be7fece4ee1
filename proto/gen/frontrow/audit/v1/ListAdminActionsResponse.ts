// Original file: frontrow/audit/v1/audit.proto

import type { AdminAction as _frontrow_audit_v1_AdminAction, AdminAction__Output as _frontrow_audit_v1_AdminAction__Output } from '../../../frontrow/audit/v1/AdminAction.ts';

export interface ListAdminActionsResponse {
  'actions'?: (_frontrow_audit_v1_AdminAction)[];
}

export interface ListAdminActionsResponse__Output {
  'actions': (_frontrow_audit_v1_AdminAction__Output)[];
}
