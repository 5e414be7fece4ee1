// Original file: frontrow/reservation/v1/reservation.proto


export interface CountTakenSeatsResponse {
  'taken'?: (number)[];
}

export interface CountTakenSeatsResponse__Output {
  'taken': (number)[];
}
