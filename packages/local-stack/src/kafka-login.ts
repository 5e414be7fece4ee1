/** Who may connect. */
export interface KafkaUsers {
  /** The broker, to itself and its controller. */
  broker: { name: string; password: string }
  /** Passwords by name. The broker may be among them. */
  clients: Readonly<Record<string, string>>
}

/** How Kafka's settings say who may log in by PLAIN, and as whom the broker connects to itself. */
export function plainLogin({ broker, clients }: KafkaUsers): string {
  const users = Object.entries({ ...clients, [broker.name]: broker.password })
  const options = [
    `username="${broker.name}" password="${broker.password}"`,
    ...users.map(([name, password]) => `user_${name}="${password}"`),
  ]
  return `org.apache.kafka.common.security.plain.PlainLoginModule required ${options.join(' ')};`
}
