import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { CatalogServiceClient as _frontrow_catalog_v1_CatalogServiceClient, CatalogServiceDefinition as _frontrow_catalog_v1_CatalogServiceDefinition } from './frontrow/catalog/v1/CatalogService.ts';
import type { GetScheduleRequest as _frontrow_catalog_v1_GetScheduleRequest, GetScheduleRequest__Output as _frontrow_catalog_v1_GetScheduleRequest__Output } from './frontrow/catalog/v1/GetScheduleRequest.ts';
import type { GetSeatRunsRequest as _frontrow_catalog_v1_GetSeatRunsRequest, GetSeatRunsRequest__Output as _frontrow_catalog_v1_GetSeatRunsRequest__Output } from './frontrow/catalog/v1/GetSeatRunsRequest.ts';
import type { GetSeatRunsResponse as _frontrow_catalog_v1_GetSeatRunsResponse, GetSeatRunsResponse__Output as _frontrow_catalog_v1_GetSeatRunsResponse__Output } from './frontrow/catalog/v1/GetSeatRunsResponse.ts';
import type { GetSeatsRequest as _frontrow_catalog_v1_GetSeatsRequest, GetSeatsRequest__Output as _frontrow_catalog_v1_GetSeatsRequest__Output } from './frontrow/catalog/v1/GetSeatsRequest.ts';
import type { GetSeatsResponse as _frontrow_catalog_v1_GetSeatsResponse, GetSeatsResponse__Output as _frontrow_catalog_v1_GetSeatsResponse__Output } from './frontrow/catalog/v1/GetSeatsResponse.ts';
import type { Schedule as _frontrow_catalog_v1_Schedule, Schedule__Output as _frontrow_catalog_v1_Schedule__Output } from './frontrow/catalog/v1/Schedule.ts';
import type { Seat as _frontrow_catalog_v1_Seat, Seat__Output as _frontrow_catalog_v1_Seat__Output } from './frontrow/catalog/v1/Seat.ts';
import type { SeatRun as _frontrow_catalog_v1_SeatRun, SeatRun__Output as _frontrow_catalog_v1_SeatRun__Output } from './frontrow/catalog/v1/SeatRun.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  frontrow: {
    catalog: {
      v1: {
        CatalogService: SubtypeConstructor<typeof grpc.Client, _frontrow_catalog_v1_CatalogServiceClient> & { service: _frontrow_catalog_v1_CatalogServiceDefinition }
        GetScheduleRequest: MessageTypeDefinition<_frontrow_catalog_v1_GetScheduleRequest, _frontrow_catalog_v1_GetScheduleRequest__Output>
        GetSeatRunsRequest: MessageTypeDefinition<_frontrow_catalog_v1_GetSeatRunsRequest, _frontrow_catalog_v1_GetSeatRunsRequest__Output>
        GetSeatRunsResponse: MessageTypeDefinition<_frontrow_catalog_v1_GetSeatRunsResponse, _frontrow_catalog_v1_GetSeatRunsResponse__Output>
        GetSeatsRequest: MessageTypeDefinition<_frontrow_catalog_v1_GetSeatsRequest, _frontrow_catalog_v1_GetSeatsRequest__Output>
        GetSeatsResponse: MessageTypeDefinition<_frontrow_catalog_v1_GetSeatsResponse, _frontrow_catalog_v1_GetSeatsResponse__Output>
        Schedule: MessageTypeDefinition<_frontrow_catalog_v1_Schedule, _frontrow_catalog_v1_Schedule__Output>
        Seat: MessageTypeDefinition<_frontrow_catalog_v1_Seat, _frontrow_catalog_v1_Seat__Output>
        SeatRun: MessageTypeDefinition<_frontrow_catalog_v1_SeatRun, _frontrow_catalog_v1_SeatRun__Output>
      }
    }
  }
}

