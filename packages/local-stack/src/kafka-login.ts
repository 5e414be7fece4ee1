/** Who may connect. */
export interface KafkaUsers {
  /** The broker, to itself and its controller. */
  broker: { name: string; password: string }
  /** Passwords by name. The broker may be among them. */
  clients: Readonly<Record<string, string>>
  /**
   * Whether they can log in by SCRAM-SHA-512 too, on the port with TLS. The storage has to be formatted with their passwords then, which are
   * among the arguments of a process for that time: for tests.
   */
  scram?: boolean
}

/** How Kafka's settings say who may log in by PLAIN, and as whom the broker connects to itself. */
export function plainLogin({ broker, clients }: Pick<KafkaUsers, 'broker' | 'clients'>): string {
  const users = Object.entries({ ...clients, [broker.name]: broker.password })
  const options = [
    `username="${broker.name}" password="${broker.password}"`,
    ...users.map(([name, password]) => `user_${name}="${password}"`),
  ]
  return `org.apache.kafka.common.security.plain.PlainLoginModule required ${options.join(' ')};`
}

/** How the storage is told who may log in by SCRAM. */
export function scramLogins({ broker, clients }: KafkaUsers): string[] {
  const users = Object.entries({ ...clients, [broker.name]: broker.password })
  return users.flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${password}]`,
  ])
}
