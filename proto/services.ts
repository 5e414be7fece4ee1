import { fileURLToPath } from 'node:url'
import { loadPackageDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import type { ProtoGrpcType as AuditProto } from './gen/audit.ts'
import type { ProtoGrpcType as CatalogProto } from './gen/catalog.ts'
import type { ProtoGrpcType as PaymentProto } from './gen/payment.ts'
import type { ProtoGrpcType as QueueProto } from './gen/queue.ts'
import type { ProtoGrpcType as ReservationProto } from './gen/reservation.ts'
import type { ProtoGrpcType as WalletProto } from './gen/wallet.ts'

const names = ['queue', 'catalog', 'reservation', 'payment', 'wallet', 'audit'] as const

const definition = loadSync(
  names.map((name) => `frontrow/${name}/v1/${name}.proto`),
  {
    includeDirs: [fileURLToPath(new URL('.', import.meta.url))],
    // Ids, times and money are far below 2^53, up to which a number is exact.
    longs: Number,
    enums: String,
    defaults: true,
    arrays: true,
  },
)

/**
 * grpc-js types a loaded package as an open map. The generated types describe the same files with the same options,
 * and `npm run check:generated` keeps them so.
 */
type Loaded = AuditProto['frontrow'] &
  CatalogProto['frontrow'] &
  PaymentProto['frontrow'] &
  QueueProto['frontrow'] &
  ReservationProto['frontrow'] &
  WalletProto['frontrow']

// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const { frontrow } = loadPackageDefinition(definition) as unknown as { frontrow: Loaded }

/** Client constructors; `X.service` is the definition that a server adds. */
export const QueueService = frontrow.queue.v1.QueueService
export const CatalogService = frontrow.catalog.v1.CatalogService
export const ReservationService = frontrow.reservation.v1.ReservationService
export const PaymentService = frontrow.payment.v1.PaymentService
export const WalletService = frontrow.wallet.v1.WalletService
export const AuditService = frontrow.audit.v1.AuditService
