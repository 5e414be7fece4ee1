// Original file: frontrow/audit/v1/audit.proto

import type { Long } from '@grpc/proto-loader';

export interface AdminAction {
  'actionId'?: (string);
  'adminId'?: (string);
  'operation'?: (string);
  'method'?: (string);
  'path'?: (string);
  'body'?: (string);
  'requestId'?: (string);
  'outcome'?: (string);
  'status'?: (number);
  'beganAtMs'?: (number | string | Long);
  'endedAtMs'?: (number | string | Long);
  'role'?: (string);
}

export interface AdminAction__Output {
  'actionId': (string);
  'adminId': (string);
  'operation': (string);
  'method': (string);
  'path': (string);
  'body': (string);
  'requestId': (string);
  'outcome': (string);
  'status': (number);
  'beganAtMs': (number);
  'endedAtMs': (number);
  'role': (string);
}
