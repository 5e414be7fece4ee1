/** The real servers one test run works on. */
export interface RunningServers {
  /** A superuser's, for making databases and roles; tests run in databases of their own. */
  postgresAdminUrl: string
  redisUrl: string
  /** host:port, several separated by commas. */
  kafkaBrokers: string
  stop(): Promise<void>
}
