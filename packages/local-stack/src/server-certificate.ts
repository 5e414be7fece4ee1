/** The certificate of a server and its key, as PEM files. */
export interface ServerCertificate {
  certificateFile: string
  keyFile: string
}
