import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { CancellationProgress as _frontrow_reservation_v1_CancellationProgress, CancellationProgress__Output as _frontrow_reservation_v1_CancellationProgress__Output } from './frontrow/reservation/v1/CancellationProgress.ts';
import type { CountTakenSeatsRequest as _frontrow_reservation_v1_CountTakenSeatsRequest, CountTakenSeatsRequest__Output as _frontrow_reservation_v1_CountTakenSeatsRequest__Output } from './frontrow/reservation/v1/CountTakenSeatsRequest.ts';
import type { CountTakenSeatsResponse as _frontrow_reservation_v1_CountTakenSeatsResponse, CountTakenSeatsResponse__Output as _frontrow_reservation_v1_CountTakenSeatsResponse__Output } from './frontrow/reservation/v1/CountTakenSeatsResponse.ts';
import type { GetCancellationProgressRequest as _frontrow_reservation_v1_GetCancellationProgressRequest, GetCancellationProgressRequest__Output as _frontrow_reservation_v1_GetCancellationProgressRequest__Output } from './frontrow/reservation/v1/GetCancellationProgressRequest.ts';
import type { GetReservationRequest as _frontrow_reservation_v1_GetReservationRequest, GetReservationRequest__Output as _frontrow_reservation_v1_GetReservationRequest__Output } from './frontrow/reservation/v1/GetReservationRequest.ts';
import type { GetReservationsRequest as _frontrow_reservation_v1_GetReservationsRequest, GetReservationsRequest__Output as _frontrow_reservation_v1_GetReservationsRequest__Output } from './frontrow/reservation/v1/GetReservationsRequest.ts';
import type { GetReservationsResponse as _frontrow_reservation_v1_GetReservationsResponse, GetReservationsResponse__Output as _frontrow_reservation_v1_GetReservationsResponse__Output } from './frontrow/reservation/v1/GetReservationsResponse.ts';
import type { HouseSeatsRequest as _frontrow_reservation_v1_HouseSeatsRequest, HouseSeatsRequest__Output as _frontrow_reservation_v1_HouseSeatsRequest__Output } from './frontrow/reservation/v1/HouseSeatsRequest.ts';
import type { HouseSeatsResponse as _frontrow_reservation_v1_HouseSeatsResponse, HouseSeatsResponse__Output as _frontrow_reservation_v1_HouseSeatsResponse__Output } from './frontrow/reservation/v1/HouseSeatsResponse.ts';
import type { ListLiveReservationsRequest as _frontrow_reservation_v1_ListLiveReservationsRequest, ListLiveReservationsRequest__Output as _frontrow_reservation_v1_ListLiveReservationsRequest__Output } from './frontrow/reservation/v1/ListLiveReservationsRequest.ts';
import type { ListLiveReservationsResponse as _frontrow_reservation_v1_ListLiveReservationsResponse, ListLiveReservationsResponse__Output as _frontrow_reservation_v1_ListLiveReservationsResponse__Output } from './frontrow/reservation/v1/ListLiveReservationsResponse.ts';
import type { ListTakenSeatsRequest as _frontrow_reservation_v1_ListTakenSeatsRequest, ListTakenSeatsRequest__Output as _frontrow_reservation_v1_ListTakenSeatsRequest__Output } from './frontrow/reservation/v1/ListTakenSeatsRequest.ts';
import type { ListTakenSeatsResponse as _frontrow_reservation_v1_ListTakenSeatsResponse, ListTakenSeatsResponse__Output as _frontrow_reservation_v1_ListTakenSeatsResponse__Output } from './frontrow/reservation/v1/ListTakenSeatsResponse.ts';
import type { LiveReservation as _frontrow_reservation_v1_LiveReservation, LiveReservation__Output as _frontrow_reservation_v1_LiveReservation__Output } from './frontrow/reservation/v1/LiveReservation.ts';
import type { Reservation as _frontrow_reservation_v1_Reservation, Reservation__Output as _frontrow_reservation_v1_Reservation__Output } from './frontrow/reservation/v1/Reservation.ts';
import type { ReservationServiceClient as _frontrow_reservation_v1_ReservationServiceClient, ReservationServiceDefinition as _frontrow_reservation_v1_ReservationServiceDefinition } from './frontrow/reservation/v1/ReservationService.ts';
import type { ReservedSeat as _frontrow_reservation_v1_ReservedSeat, ReservedSeat__Output as _frontrow_reservation_v1_ReservedSeat__Output } from './frontrow/reservation/v1/ReservedSeat.ts';
import type { SeatRange as _frontrow_reservation_v1_SeatRange, SeatRange__Output as _frontrow_reservation_v1_SeatRange__Output } from './frontrow/reservation/v1/SeatRange.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  frontrow: {
    reservation: {
      v1: {
        CancellationProgress: MessageTypeDefinition<_frontrow_reservation_v1_CancellationProgress, _frontrow_reservation_v1_CancellationProgress__Output>
        CountTakenSeatsRequest: MessageTypeDefinition<_frontrow_reservation_v1_CountTakenSeatsRequest, _frontrow_reservation_v1_CountTakenSeatsRequest__Output>
        CountTakenSeatsResponse: MessageTypeDefinition<_frontrow_reservation_v1_CountTakenSeatsResponse, _frontrow_reservation_v1_CountTakenSeatsResponse__Output>
        GetCancellationProgressRequest: MessageTypeDefinition<_frontrow_reservation_v1_GetCancellationProgressRequest, _frontrow_reservation_v1_GetCancellationProgressRequest__Output>
        GetReservationRequest: MessageTypeDefinition<_frontrow_reservation_v1_GetReservationRequest, _frontrow_reservation_v1_GetReservationRequest__Output>
        GetReservationsRequest: MessageTypeDefinition<_frontrow_reservation_v1_GetReservationsRequest, _frontrow_reservation_v1_GetReservationsRequest__Output>
        GetReservationsResponse: MessageTypeDefinition<_frontrow_reservation_v1_GetReservationsResponse, _frontrow_reservation_v1_GetReservationsResponse__Output>
        HouseSeatsRequest: MessageTypeDefinition<_frontrow_reservation_v1_HouseSeatsRequest, _frontrow_reservation_v1_HouseSeatsRequest__Output>
        HouseSeatsResponse: MessageTypeDefinition<_frontrow_reservation_v1_HouseSeatsResponse, _frontrow_reservation_v1_HouseSeatsResponse__Output>
        ListLiveReservationsRequest: MessageTypeDefinition<_frontrow_reservation_v1_ListLiveReservationsRequest, _frontrow_reservation_v1_ListLiveReservationsRequest__Output>
        ListLiveReservationsResponse: MessageTypeDefinition<_frontrow_reservation_v1_ListLiveReservationsResponse, _frontrow_reservation_v1_ListLiveReservationsResponse__Output>
        ListTakenSeatsRequest: MessageTypeDefinition<_frontrow_reservation_v1_ListTakenSeatsRequest, _frontrow_reservation_v1_ListTakenSeatsRequest__Output>
        ListTakenSeatsResponse: MessageTypeDefinition<_frontrow_reservation_v1_ListTakenSeatsResponse, _frontrow_reservation_v1_ListTakenSeatsResponse__Output>
        LiveReservation: MessageTypeDefinition<_frontrow_reservation_v1_LiveReservation, _frontrow_reservation_v1_LiveReservation__Output>
        Reservation: MessageTypeDefinition<_frontrow_reservation_v1_Reservation, _frontrow_reservation_v1_Reservation__Output>
        ReservationService: SubtypeConstructor<typeof grpc.Client, _frontrow_reservation_v1_ReservationServiceClient> & { service: _frontrow_reservation_v1_ReservationServiceDefinition }
        ReservedSeat: MessageTypeDefinition<_frontrow_reservation_v1_ReservedSeat, _frontrow_reservation_v1_ReservedSeat__Output>
        SeatRange: MessageTypeDefinition<_frontrow_reservation_v1_SeatRange, _frontrow_reservation_v1_SeatRange__Output>
      }
    }
  }
}

