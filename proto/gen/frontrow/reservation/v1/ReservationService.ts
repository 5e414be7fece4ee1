// Original file: frontrow/reservation/v1/reservation.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CancellationProgress as _frontrow_reservation_v1_CancellationProgress, CancellationProgress__Output as _frontrow_reservation_v1_CancellationProgress__Output } from '../../../frontrow/reservation/v1/CancellationProgress.ts';
import type { CountTakenSeatsRequest as _frontrow_reservation_v1_CountTakenSeatsRequest, CountTakenSeatsRequest__Output as _frontrow_reservation_v1_CountTakenSeatsRequest__Output } from '../../../frontrow/reservation/v1/CountTakenSeatsRequest.ts';
import type { CountTakenSeatsResponse as _frontrow_reservation_v1_CountTakenSeatsResponse, CountTakenSeatsResponse__Output as _frontrow_reservation_v1_CountTakenSeatsResponse__Output } from '../../../frontrow/reservation/v1/CountTakenSeatsResponse.ts';
import type { GetCancellationProgressRequest as _frontrow_reservation_v1_GetCancellationProgressRequest, GetCancellationProgressRequest__Output as _frontrow_reservation_v1_GetCancellationProgressRequest__Output } from '../../../frontrow/reservation/v1/GetCancellationProgressRequest.ts';
import type { GetReservationRequest as _frontrow_reservation_v1_GetReservationRequest, GetReservationRequest__Output as _frontrow_reservation_v1_GetReservationRequest__Output } from '../../../frontrow/reservation/v1/GetReservationRequest.ts';
import type { GetReservationsRequest as _frontrow_reservation_v1_GetReservationsRequest, GetReservationsRequest__Output as _frontrow_reservation_v1_GetReservationsRequest__Output } from '../../../frontrow/reservation/v1/GetReservationsRequest.ts';
import type { GetReservationsResponse as _frontrow_reservation_v1_GetReservationsResponse, GetReservationsResponse__Output as _frontrow_reservation_v1_GetReservationsResponse__Output } from '../../../frontrow/reservation/v1/GetReservationsResponse.ts';
import type { HouseSeatsRequest as _frontrow_reservation_v1_HouseSeatsRequest, HouseSeatsRequest__Output as _frontrow_reservation_v1_HouseSeatsRequest__Output } from '../../../frontrow/reservation/v1/HouseSeatsRequest.ts';
import type { HouseSeatsResponse as _frontrow_reservation_v1_HouseSeatsResponse, HouseSeatsResponse__Output as _frontrow_reservation_v1_HouseSeatsResponse__Output } from '../../../frontrow/reservation/v1/HouseSeatsResponse.ts';
import type { ListLiveReservationsRequest as _frontrow_reservation_v1_ListLiveReservationsRequest, ListLiveReservationsRequest__Output as _frontrow_reservation_v1_ListLiveReservationsRequest__Output } from '../../../frontrow/reservation/v1/ListLiveReservationsRequest.ts';
import type { ListLiveReservationsResponse as _frontrow_reservation_v1_ListLiveReservationsResponse, ListLiveReservationsResponse__Output as _frontrow_reservation_v1_ListLiveReservationsResponse__Output } from '../../../frontrow/reservation/v1/ListLiveReservationsResponse.ts';
import type { ListTakenSeatsRequest as _frontrow_reservation_v1_ListTakenSeatsRequest, ListTakenSeatsRequest__Output as _frontrow_reservation_v1_ListTakenSeatsRequest__Output } from '../../../frontrow/reservation/v1/ListTakenSeatsRequest.ts';
import type { ListTakenSeatsResponse as _frontrow_reservation_v1_ListTakenSeatsResponse, ListTakenSeatsResponse__Output as _frontrow_reservation_v1_ListTakenSeatsResponse__Output } from '../../../frontrow/reservation/v1/ListTakenSeatsResponse.ts';
import type { Reservation as _frontrow_reservation_v1_Reservation, Reservation__Output as _frontrow_reservation_v1_Reservation__Output } from '../../../frontrow/reservation/v1/Reservation.ts';

export interface ReservationServiceClient extends grpc.Client {
  BlockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  BlockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  BlockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  BlockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  blockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  blockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  blockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  blockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  
  CountTakenSeats(argument: _frontrow_reservation_v1_CountTakenSeatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_CountTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  CountTakenSeats(argument: _frontrow_reservation_v1_CountTakenSeatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_CountTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  CountTakenSeats(argument: _frontrow_reservation_v1_CountTakenSeatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_CountTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  CountTakenSeats(argument: _frontrow_reservation_v1_CountTakenSeatsRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_CountTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  countTakenSeats(argument: _frontrow_reservation_v1_CountTakenSeatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_CountTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  countTakenSeats(argument: _frontrow_reservation_v1_CountTakenSeatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_CountTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  countTakenSeats(argument: _frontrow_reservation_v1_CountTakenSeatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_CountTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  countTakenSeats(argument: _frontrow_reservation_v1_CountTakenSeatsRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_CountTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  
  GetCancellationProgress(argument: _frontrow_reservation_v1_GetCancellationProgressRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_CancellationProgress__Output>): grpc.ClientUnaryCall;
  GetCancellationProgress(argument: _frontrow_reservation_v1_GetCancellationProgressRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_CancellationProgress__Output>): grpc.ClientUnaryCall;
  GetCancellationProgress(argument: _frontrow_reservation_v1_GetCancellationProgressRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_CancellationProgress__Output>): grpc.ClientUnaryCall;
  GetCancellationProgress(argument: _frontrow_reservation_v1_GetCancellationProgressRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_CancellationProgress__Output>): grpc.ClientUnaryCall;
  getCancellationProgress(argument: _frontrow_reservation_v1_GetCancellationProgressRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_CancellationProgress__Output>): grpc.ClientUnaryCall;
  getCancellationProgress(argument: _frontrow_reservation_v1_GetCancellationProgressRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_CancellationProgress__Output>): grpc.ClientUnaryCall;
  getCancellationProgress(argument: _frontrow_reservation_v1_GetCancellationProgressRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_CancellationProgress__Output>): grpc.ClientUnaryCall;
  getCancellationProgress(argument: _frontrow_reservation_v1_GetCancellationProgressRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_CancellationProgress__Output>): grpc.ClientUnaryCall;
  
  GetReservation(argument: _frontrow_reservation_v1_GetReservationRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_Reservation__Output>): grpc.ClientUnaryCall;
  GetReservation(argument: _frontrow_reservation_v1_GetReservationRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_Reservation__Output>): grpc.ClientUnaryCall;
  GetReservation(argument: _frontrow_reservation_v1_GetReservationRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_Reservation__Output>): grpc.ClientUnaryCall;
  GetReservation(argument: _frontrow_reservation_v1_GetReservationRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_Reservation__Output>): grpc.ClientUnaryCall;
  getReservation(argument: _frontrow_reservation_v1_GetReservationRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_Reservation__Output>): grpc.ClientUnaryCall;
  getReservation(argument: _frontrow_reservation_v1_GetReservationRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_Reservation__Output>): grpc.ClientUnaryCall;
  getReservation(argument: _frontrow_reservation_v1_GetReservationRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_Reservation__Output>): grpc.ClientUnaryCall;
  getReservation(argument: _frontrow_reservation_v1_GetReservationRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_Reservation__Output>): grpc.ClientUnaryCall;
  
  GetReservations(argument: _frontrow_reservation_v1_GetReservationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_GetReservationsResponse__Output>): grpc.ClientUnaryCall;
  GetReservations(argument: _frontrow_reservation_v1_GetReservationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_GetReservationsResponse__Output>): grpc.ClientUnaryCall;
  GetReservations(argument: _frontrow_reservation_v1_GetReservationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_GetReservationsResponse__Output>): grpc.ClientUnaryCall;
  GetReservations(argument: _frontrow_reservation_v1_GetReservationsRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_GetReservationsResponse__Output>): grpc.ClientUnaryCall;
  getReservations(argument: _frontrow_reservation_v1_GetReservationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_GetReservationsResponse__Output>): grpc.ClientUnaryCall;
  getReservations(argument: _frontrow_reservation_v1_GetReservationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_GetReservationsResponse__Output>): grpc.ClientUnaryCall;
  getReservations(argument: _frontrow_reservation_v1_GetReservationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_GetReservationsResponse__Output>): grpc.ClientUnaryCall;
  getReservations(argument: _frontrow_reservation_v1_GetReservationsRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_GetReservationsResponse__Output>): grpc.ClientUnaryCall;
  
  ListLiveReservations(argument: _frontrow_reservation_v1_ListLiveReservationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_ListLiveReservationsResponse__Output>): grpc.ClientUnaryCall;
  ListLiveReservations(argument: _frontrow_reservation_v1_ListLiveReservationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_ListLiveReservationsResponse__Output>): grpc.ClientUnaryCall;
  ListLiveReservations(argument: _frontrow_reservation_v1_ListLiveReservationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_ListLiveReservationsResponse__Output>): grpc.ClientUnaryCall;
  ListLiveReservations(argument: _frontrow_reservation_v1_ListLiveReservationsRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_ListLiveReservationsResponse__Output>): grpc.ClientUnaryCall;
  listLiveReservations(argument: _frontrow_reservation_v1_ListLiveReservationsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_ListLiveReservationsResponse__Output>): grpc.ClientUnaryCall;
  listLiveReservations(argument: _frontrow_reservation_v1_ListLiveReservationsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_ListLiveReservationsResponse__Output>): grpc.ClientUnaryCall;
  listLiveReservations(argument: _frontrow_reservation_v1_ListLiveReservationsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_ListLiveReservationsResponse__Output>): grpc.ClientUnaryCall;
  listLiveReservations(argument: _frontrow_reservation_v1_ListLiveReservationsRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_ListLiveReservationsResponse__Output>): grpc.ClientUnaryCall;
  
  ListTakenSeats(argument: _frontrow_reservation_v1_ListTakenSeatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_ListTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  ListTakenSeats(argument: _frontrow_reservation_v1_ListTakenSeatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_ListTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  ListTakenSeats(argument: _frontrow_reservation_v1_ListTakenSeatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_ListTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  ListTakenSeats(argument: _frontrow_reservation_v1_ListTakenSeatsRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_ListTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  listTakenSeats(argument: _frontrow_reservation_v1_ListTakenSeatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_ListTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  listTakenSeats(argument: _frontrow_reservation_v1_ListTakenSeatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_ListTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  listTakenSeats(argument: _frontrow_reservation_v1_ListTakenSeatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_ListTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  listTakenSeats(argument: _frontrow_reservation_v1_ListTakenSeatsRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_ListTakenSeatsResponse__Output>): grpc.ClientUnaryCall;
  
  UnblockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  UnblockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  UnblockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  UnblockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  unblockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  unblockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  unblockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  unblockSeats(argument: _frontrow_reservation_v1_HouseSeatsRequest, callback: grpc.requestCallback<_frontrow_reservation_v1_HouseSeatsResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface ReservationServiceHandlers extends grpc.UntypedServiceImplementation {
  BlockSeats: grpc.handleUnaryCall<_frontrow_reservation_v1_HouseSeatsRequest__Output, _frontrow_reservation_v1_HouseSeatsResponse>;
  
  CountTakenSeats: grpc.handleUnaryCall<_frontrow_reservation_v1_CountTakenSeatsRequest__Output, _frontrow_reservation_v1_CountTakenSeatsResponse>;
  
  GetCancellationProgress: grpc.handleUnaryCall<_frontrow_reservation_v1_GetCancellationProgressRequest__Output, _frontrow_reservation_v1_CancellationProgress>;
  
  GetReservation: grpc.handleUnaryCall<_frontrow_reservation_v1_GetReservationRequest__Output, _frontrow_reservation_v1_Reservation>;
  
  GetReservations: grpc.handleUnaryCall<_frontrow_reservation_v1_GetReservationsRequest__Output, _frontrow_reservation_v1_GetReservationsResponse>;
  
  ListLiveReservations: grpc.handleUnaryCall<_frontrow_reservation_v1_ListLiveReservationsRequest__Output, _frontrow_reservation_v1_ListLiveReservationsResponse>;
  
  ListTakenSeats: grpc.handleUnaryCall<_frontrow_reservation_v1_ListTakenSeatsRequest__Output, _frontrow_reservation_v1_ListTakenSeatsResponse>;
  
  UnblockSeats: grpc.handleUnaryCall<_frontrow_reservation_v1_HouseSeatsRequest__Output, _frontrow_reservation_v1_HouseSeatsResponse>;
  
}

export interface ReservationServiceDefinition extends grpc.ServiceDefinition {
  BlockSeats: MethodDefinition<_frontrow_reservation_v1_HouseSeatsRequest, _frontrow_reservation_v1_HouseSeatsResponse, _frontrow_reservation_v1_HouseSeatsRequest__Output, _frontrow_reservation_v1_HouseSeatsResponse__Output>
  CountTakenSeats: MethodDefinition<_frontrow_reservation_v1_CountTakenSeatsRequest, _frontrow_reservation_v1_CountTakenSeatsResponse, _frontrow_reservation_v1_CountTakenSeatsRequest__Output, _frontrow_reservation_v1_CountTakenSeatsResponse__Output>
  GetCancellationProgress: MethodDefinition<_frontrow_reservation_v1_GetCancellationProgressRequest, _frontrow_reservation_v1_CancellationProgress, _frontrow_reservation_v1_GetCancellationProgressRequest__Output, _frontrow_reservation_v1_CancellationProgress__Output>
  GetReservation: MethodDefinition<_frontrow_reservation_v1_GetReservationRequest, _frontrow_reservation_v1_Reservation, _frontrow_reservation_v1_GetReservationRequest__Output, _frontrow_reservation_v1_Reservation__Output>
  GetReservations: MethodDefinition<_frontrow_reservation_v1_GetReservationsRequest, _frontrow_reservation_v1_GetReservationsResponse, _frontrow_reservation_v1_GetReservationsRequest__Output, _frontrow_reservation_v1_GetReservationsResponse__Output>
  ListLiveReservations: MethodDefinition<_frontrow_reservation_v1_ListLiveReservationsRequest, _frontrow_reservation_v1_ListLiveReservationsResponse, _frontrow_reservation_v1_ListLiveReservationsRequest__Output, _frontrow_reservation_v1_ListLiveReservationsResponse__Output>
  ListTakenSeats: MethodDefinition<_frontrow_reservation_v1_ListTakenSeatsRequest, _frontrow_reservation_v1_ListTakenSeatsResponse, _frontrow_reservation_v1_ListTakenSeatsRequest__Output, _frontrow_reservation_v1_ListTakenSeatsResponse__Output>
  UnblockSeats: MethodDefinition<_frontrow_reservation_v1_HouseSeatsRequest, _frontrow_reservation_v1_HouseSeatsResponse, _frontrow_reservation_v1_HouseSeatsRequest__Output, _frontrow_reservation_v1_HouseSeatsResponse__Output>
}
