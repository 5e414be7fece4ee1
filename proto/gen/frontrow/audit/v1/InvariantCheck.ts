// Original file: frontrow/audit/v1/audit.proto

import type { Long } from '@grpc/proto-loader';

export interface InvariantCheck {
  'number'?: (number);
  'name'?: (string);
  'checked'?: (number | string | Long);
  'violationCount'?: (number | string | Long);
  'violations'?: (string)[];
}

export interface InvariantCheck__Output {
  'number': (number);
  'name': (string);
  'checked': (number);
  'violationCount': (number);
  'violations': (string)[];
}
