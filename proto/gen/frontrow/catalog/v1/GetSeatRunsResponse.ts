// Original file: frontrow/catalog/v1/catalog.proto

import type { SeatRun as _frontrow_catalog_v1_SeatRun, SeatRun__Output as _frontrow_catalog_v1_SeatRun__Output } from '../../../frontrow/catalog/v1/SeatRun.ts';

export interface GetSeatRunsResponse {
  'runs'?: (_frontrow_catalog_v1_SeatRun)[];
}

export interface GetSeatRunsResponse__Output {
  'runs': (_frontrow_catalog_v1_SeatRun__Output)[];
}
