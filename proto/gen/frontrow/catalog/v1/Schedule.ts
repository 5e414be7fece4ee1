// Original file: frontrow/catalog/v1/catalog.proto

import type { Long } from '@grpc/proto-loader';

export interface Schedule {
  'scheduleId'?: (number | string | Long);
  'concertId'?: (number | string | Long);
  'concertTitle'?: (string);
  'venueId'?: (number | string | Long);
  'venueName'?: (string);
  'performanceAtMs'?: (number | string | Long);
  'waitingRoomOpenAtMs'?: (number | string | Long);
  'bookingOpenAtMs'?: (number | string | Long);
  'bookingCloseAtMs'?: (number | string | Long);
  'status'?: (string);
  'seatCount'?: (number);
  'noOrphanSeats'?: (boolean);
  'refundableUntilMs'?: (number | string | Long);
  'timeZone'?: (string);
}

export interface Schedule__Output {
  'scheduleId': (number);
  'concertId': (number);
  'concertTitle': (string);
  'venueId': (number);
  'venueName': (string);
  'performanceAtMs': (number);
  'waitingRoomOpenAtMs': (number);
  'bookingOpenAtMs': (number);
  'bookingCloseAtMs': (number);
  'status': (string);
  'seatCount': (number);
  'noOrphanSeats': (boolean);
  'refundableUntilMs': (number);
  'timeZone': (string);
}
