// Original file: frontrow/catalog/v1/catalog.proto

import type { Seat as _frontrow_catalog_v1_Seat, Seat__Output as _frontrow_catalog_v1_Seat__Output } from '../../../frontrow/catalog/v1/Seat.ts';

export interface GetSeatsResponse {
  'seats'?: (_frontrow_catalog_v1_Seat)[];
}

export interface GetSeatsResponse__Output {
  'seats': (_frontrow_catalog_v1_Seat__Output)[];
}
