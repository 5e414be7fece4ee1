// Original file: frontrow/catalog/v1/catalog.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetScheduleRequest as _frontrow_catalog_v1_GetScheduleRequest, GetScheduleRequest__Output as _frontrow_catalog_v1_GetScheduleRequest__Output } from '../../../frontrow/catalog/v1/GetScheduleRequest.ts';
import type { GetSeatRunsRequest as _frontrow_catalog_v1_GetSeatRunsRequest, GetSeatRunsRequest__Output as _frontrow_catalog_v1_GetSeatRunsRequest__Output } from '../../../frontrow/catalog/v1/GetSeatRunsRequest.ts';
import type { GetSeatRunsResponse as _frontrow_catalog_v1_GetSeatRunsResponse, GetSeatRunsResponse__Output as _frontrow_catalog_v1_GetSeatRunsResponse__Output } from '../../../frontrow/catalog/v1/GetSeatRunsResponse.ts';
import type { GetSeatsRequest as _frontrow_catalog_v1_GetSeatsRequest, GetSeatsRequest__Output as _frontrow_catalog_v1_GetSeatsRequest__Output } from '../../../frontrow/catalog/v1/GetSeatsRequest.ts';
import type { GetSeatsResponse as _frontrow_catalog_v1_GetSeatsResponse, GetSeatsResponse__Output as _frontrow_catalog_v1_GetSeatsResponse__Output } from '../../../frontrow/catalog/v1/GetSeatsResponse.ts';
import type { Schedule as _frontrow_catalog_v1_Schedule, Schedule__Output as _frontrow_catalog_v1_Schedule__Output } from '../../../frontrow/catalog/v1/Schedule.ts';

export interface CatalogServiceClient extends grpc.Client {
  GetSchedule(argument: _frontrow_catalog_v1_GetScheduleRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_catalog_v1_Schedule__Output>): grpc.ClientUnaryCall;
  GetSchedule(argument: _frontrow_catalog_v1_GetScheduleRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_catalog_v1_Schedule__Output>): grpc.ClientUnaryCall;
  GetSchedule(argument: _frontrow_catalog_v1_GetScheduleRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_catalog_v1_Schedule__Output>): grpc.ClientUnaryCall;
  GetSchedule(argument: _frontrow_catalog_v1_GetScheduleRequest, callback: grpc.requestCallback<_frontrow_catalog_v1_Schedule__Output>): grpc.ClientUnaryCall;
  getSchedule(argument: _frontrow_catalog_v1_GetScheduleRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_catalog_v1_Schedule__Output>): grpc.ClientUnaryCall;
  getSchedule(argument: _frontrow_catalog_v1_GetScheduleRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_catalog_v1_Schedule__Output>): grpc.ClientUnaryCall;
  getSchedule(argument: _frontrow_catalog_v1_GetScheduleRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_catalog_v1_Schedule__Output>): grpc.ClientUnaryCall;
  getSchedule(argument: _frontrow_catalog_v1_GetScheduleRequest, callback: grpc.requestCallback<_frontrow_catalog_v1_Schedule__Output>): grpc.ClientUnaryCall;
  
  GetSeatRuns(argument: _frontrow_catalog_v1_GetSeatRunsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatRunsResponse__Output>): grpc.ClientUnaryCall;
  GetSeatRuns(argument: _frontrow_catalog_v1_GetSeatRunsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatRunsResponse__Output>): grpc.ClientUnaryCall;
  GetSeatRuns(argument: _frontrow_catalog_v1_GetSeatRunsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatRunsResponse__Output>): grpc.ClientUnaryCall;
  GetSeatRuns(argument: _frontrow_catalog_v1_GetSeatRunsRequest, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatRunsResponse__Output>): grpc.ClientUnaryCall;
  getSeatRuns(argument: _frontrow_catalog_v1_GetSeatRunsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatRunsResponse__Output>): grpc.ClientUnaryCall;
  getSeatRuns(argument: _frontrow_catalog_v1_GetSeatRunsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatRunsResponse__Output>): grpc.ClientUnaryCall;
  getSeatRuns(argument: _frontrow_catalog_v1_GetSeatRunsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatRunsResponse__Output>): grpc.ClientUnaryCall;
  getSeatRuns(argument: _frontrow_catalog_v1_GetSeatRunsRequest, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatRunsResponse__Output>): grpc.ClientUnaryCall;
  
  GetSeats(argument: _frontrow_catalog_v1_GetSeatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatsResponse__Output>): grpc.ClientUnaryCall;
  GetSeats(argument: _frontrow_catalog_v1_GetSeatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatsResponse__Output>): grpc.ClientUnaryCall;
  GetSeats(argument: _frontrow_catalog_v1_GetSeatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatsResponse__Output>): grpc.ClientUnaryCall;
  GetSeats(argument: _frontrow_catalog_v1_GetSeatsRequest, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatsResponse__Output>): grpc.ClientUnaryCall;
  getSeats(argument: _frontrow_catalog_v1_GetSeatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatsResponse__Output>): grpc.ClientUnaryCall;
  getSeats(argument: _frontrow_catalog_v1_GetSeatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatsResponse__Output>): grpc.ClientUnaryCall;
  getSeats(argument: _frontrow_catalog_v1_GetSeatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatsResponse__Output>): grpc.ClientUnaryCall;
  getSeats(argument: _frontrow_catalog_v1_GetSeatsRequest, callback: grpc.requestCallback<_frontrow_catalog_v1_GetSeatsResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface CatalogServiceHandlers extends grpc.UntypedServiceImplementation {
  GetSchedule: grpc.handleUnaryCall<_frontrow_catalog_v1_GetScheduleRequest__Output, _frontrow_catalog_v1_Schedule>;
  
  GetSeatRuns: grpc.handleUnaryCall<_frontrow_catalog_v1_GetSeatRunsRequest__Output, _frontrow_catalog_v1_GetSeatRunsResponse>;
  
  GetSeats: grpc.handleUnaryCall<_frontrow_catalog_v1_GetSeatsRequest__Output, _frontrow_catalog_v1_GetSeatsResponse>;
  
}

export interface CatalogServiceDefinition extends grpc.ServiceDefinition {
  GetSchedule: MethodDefinition<_frontrow_catalog_v1_GetScheduleRequest, _frontrow_catalog_v1_Schedule, _frontrow_catalog_v1_GetScheduleRequest__Output, _frontrow_catalog_v1_Schedule__Output>
  GetSeatRuns: MethodDefinition<_frontrow_catalog_v1_GetSeatRunsRequest, _frontrow_catalog_v1_GetSeatRunsResponse, _frontrow_catalog_v1_GetSeatRunsRequest__Output, _frontrow_catalog_v1_GetSeatRunsResponse__Output>
  GetSeats: MethodDefinition<_frontrow_catalog_v1_GetSeatsRequest, _frontrow_catalog_v1_GetSeatsResponse, _frontrow_catalog_v1_GetSeatsRequest__Output, _frontrow_catalog_v1_GetSeatsResponse__Output>
}
