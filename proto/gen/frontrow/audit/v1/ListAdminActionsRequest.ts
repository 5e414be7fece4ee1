// Original file: frontrow/audit/v1/audit.proto


export interface ListAdminActionsRequest {
  'beforeActionId'?: (string);
  'adminId'?: (string);
  'path'?: (string);
  'limit'?: (number);
}

export interface ListAdminActionsRequest__Output {
  'beforeActionId': (string);
  'adminId': (string);
  'path': (string);
  'limit': (number);
}
