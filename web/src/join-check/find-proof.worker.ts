import { findProof } from '@frontrow/proof-of-work/proof'

/** What the page asks of the worker, in one message. */
export interface ProofRequest {
  challenge: string
  difficulty: number
}

// Half a second of hashing on a laptop, and seconds on an old telephone, in which the page goes on.
addEventListener('message', ({ data }: MessageEvent<ProofRequest>) => {
  postMessage(findProof(data.challenge, data.difficulty))
})
