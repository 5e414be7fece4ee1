// Original file: frontrow/reservation/v1/reservation.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetReservationRequest as _frontrow_reservation_v1_GetReservationRequest, GetReservationRequest__Output as _frontrow_reservation_v1_GetReservationRequest__Output } from '../../../frontrow/reservation/v1/GetReservationRequest.ts';
import type { GetReservationsRequest as _frontrow_reservation_v1_GetReservationsRequest, GetReservationsRequest__Output as _frontrow_reservation_v1_GetReservationsRequest__Output } from '../../../frontrow/reservation/v1/GetReservationsRequest.ts';
import type { GetReservationsResponse as _frontrow_reservation_v1_GetReservationsResponse, GetReservationsResponse__Output as _frontrow_reservation_v1_GetReservationsResponse__Output } from '../../../frontrow/reservation/v1/GetReservationsResponse.ts';
import type { ListLiveReservationsRequest as _frontrow_reservation_v1_ListLiveReservationsRequest, ListLiveReservationsRequest__Output as _frontrow_reservation_v1_ListLiveReservationsRequest__Output } from '../../../frontrow/reservation/v1/ListLiveReservationsRequest.ts';
import type { ListLiveReservationsResponse as _frontrow_reservation_v1_ListLiveReservationsResponse, ListLiveReservationsResponse__Output as _frontrow_reservation_v1_ListLiveReservationsResponse__Output } from '../../../frontrow/reservation/v1/ListLiveReservationsResponse.ts';
import type { ListTakenSeatsRequest as _frontrow_reservation_v1_ListTakenSeatsRequest, ListTakenSeatsRequest__Output as _frontrow_reservation_v1_ListTakenSeatsRequest__Output } from '../../../frontrow/reservation/v1/ListTakenSeatsRequest.ts';
import type { ListTakenSeatsResponse as _frontrow_reservation_v1_ListTakenSeatsResponse, ListTakenSeatsResponse__Output as _frontrow_reservation_v1_ListTakenSeatsResponse__Output } from '../../../frontrow/reservation/v1/ListTakenSeatsResponse.ts';
import type { Reservation as _frontrow_reservation_v1_Reservation, Reservation__Output as _frontrow_reservation_v1_Reservation__Output } from '../../../frontrow/reservation/v1/Reservation.ts';

export interface ReservationServiceClient extends grpc.Client {
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
  
}

export interface ReservationServiceHandlers extends grpc.UntypedServiceImplementation {
  GetReservation: grpc.handleUnaryCall<_frontrow_reservation_v1_GetReservationRequest__Output, _frontrow_reservation_v1_Reservation>;
  
  GetReservations: grpc.handleUnaryCall<_frontrow_reservation_v1_GetReservationsRequest__Output, _frontrow_reservation_v1_GetReservationsResponse>;
  
  ListLiveReservations: grpc.handleUnaryCall<_frontrow_reservation_v1_ListLiveReservationsRequest__Output, _frontrow_reservation_v1_ListLiveReservationsResponse>;
  
  ListTakenSeats: grpc.handleUnaryCall<_frontrow_reservation_v1_ListTakenSeatsRequest__Output, _frontrow_reservation_v1_ListTakenSeatsResponse>;
  
}

export interface ReservationServiceDefinition extends grpc.ServiceDefinition {
  GetReservation: MethodDefinition<_frontrow_reservation_v1_GetReservationRequest, _frontrow_reservation_v1_Reservation, _frontrow_reservation_v1_GetReservationRequest__Output, _frontrow_reservation_v1_Reservation__Output>
  GetReservations: MethodDefinition<_frontrow_reservation_v1_GetReservationsRequest, _frontrow_reservation_v1_GetReservationsResponse, _frontrow_reservation_v1_GetReservationsRequest__Output, _frontrow_reservation_v1_GetReservationsResponse__Output>
  ListLiveReservations: MethodDefinition<_frontrow_reservation_v1_ListLiveReservationsRequest, _frontrow_reservation_v1_ListLiveReservationsResponse, _frontrow_reservation_v1_ListLiveReservationsRequest__Output, _frontrow_reservation_v1_ListLiveReservationsResponse__Output>
  ListTakenSeats: MethodDefinition<_frontrow_reservation_v1_ListTakenSeatsRequest, _frontrow_reservation_v1_ListTakenSeatsResponse, _frontrow_reservation_v1_ListTakenSeatsRequest__Output, _frontrow_reservation_v1_ListTakenSeatsResponse__Output>
}
