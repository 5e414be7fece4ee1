// Original file: frontrow/reservation/v1/reservation.proto


export interface GetReservationsRequest {
  'reservationIds'?: (string)[];
}

export interface GetReservationsRequest__Output {
  'reservationIds': (string)[];
}
