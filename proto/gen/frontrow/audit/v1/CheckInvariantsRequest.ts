// Original file: frontrow/audit/v1/audit.proto


export interface CheckInvariantsRequest {
}

export interface CheckInvariantsRequest__Output {
}
