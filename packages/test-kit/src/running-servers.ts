/** The real servers one test run works on. */
export interface RunningServers {
  /** The URL of a superuser, who makes databases and roles; each test file has a database of its own. */
  postgresAdminUrl: string
  redisUrl: string
  /** host:port, several separated by commas. */
  kafkaBrokers: string
  stop(): Promise<void>
}
