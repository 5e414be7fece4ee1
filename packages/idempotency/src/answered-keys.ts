import { generalRefusal } from '@frontrow/refusals/general-refusals'
import type { Tx } from '@frontrow/postgres/pool'
import { hashContent } from './idempotency-key.ts'
import type { KeyedRequest } from './idempotency-key.ts'

/** What a request is answered, and what it made. */
export interface Answer {
  status: number
  response: unknown
  /** Null where it made nothing. */
  resourceId: string | null
}

interface StoredKey {
  userId: string
  operation: string
  key: string
  hash: Buffer
  response: unknown
}

/**
 * The keys of many requests that share a transaction and whose answers are known in it, so that each key is written once,
 * together with its answer.
 */
export class AnsweredKeys {
  readonly #keys: Map<string, StoredKey>
  readonly #added: (StoredKey & Answer)[] = []

  private constructor(stored: readonly StoredKey[]) {
    this.#keys = new Map(stored.map((key) => [idOf(key), key]))
  }

  /** Reads what is stored under the keys of these requests. */
  static async load(tx: Tx, requests: readonly KeyedRequest[]): Promise<AnsweredKeys> {
    const { rows } = await tx.query<StoredKey>({
      name: 'idempotency-find-many',
      text: `SELECT k.user_id AS "userId", k.operation, k.idempotency_key AS key, k.request_hash AS hash, k.response
             FROM unnest($1::text[], $2::text[], $3::text[]) AS r (user_id, operation, idempotency_key)
             JOIN idempotency_keys k USING (user_id, operation, idempotency_key)`,
      values: [
        requests.map(({ userId }) => userId),
        requests.map(({ operation }) => operation),
        requests.map(({ key }) => key),
      ],
    })
    return new AnsweredKeys(rows)
  }

  /**
   * The answer that was given to this request before, also in this transaction, or that of `effect`, which is stored. What
   * `effect` throws leaves the key free. Refuses with IDEMPOTENCY_KEY_REUSED where the key was used with other content.
   */
  answerOnce(request: KeyedRequest, effect: () => Answer): { response: unknown; replayed: boolean } {
    const { userId, operation, key, content } = request
    const hash = hashContent(content)
    const stored = this.#keys.get(idOf(request))
    if (stored === undefined) {
      const answered = { userId, operation, key, hash, ...effect() }
      this.#keys.set(idOf(request), answered)
      this.#added.push(answered)
      return { response: answered.response, replayed: false }
    }
    if (!stored.hash.equals(hash)) {
      throw generalRefusal('IDEMPOTENCY_KEY_REUSED', 'this Idempotency-Key was used with another request')
    }
    return { response: stored.response, replayed: true }
  }

  /**
   * Writes the new answers, in the order of their keys. Resolves with false where another transaction was quicker with one of
   * the keys; this one must then roll back. On its next try it finds that one's answer.
   */
  async save(tx: Tx): Promise<boolean> {
    const keys = this.#added
    if (keys.length === 0) return true
    const { rowCount } = await tx.query({
      name: 'idempotency-store-many',
      text: `INSERT INTO idempotency_keys
               (user_id, operation, idempotency_key, request_hash, status, response, resource_id, locked_until)
             SELECT user_id, operation, idempotency_key, request_hash, status, response, resource_id, now()
             FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::smallint[], $6::json[], $7::uuid[])
               AS k (user_id, operation, idempotency_key, request_hash, status, response, resource_id)
             ORDER BY user_id, operation, idempotency_key
             ON CONFLICT DO NOTHING`,
      values: [
        keys.map(({ userId }) => userId),
        keys.map(({ operation }) => operation),
        keys.map(({ key }) => key),
        keys.map(({ hash }) => hash),
        keys.map(({ status }) => status),
        keys.map(({ response }) => JSON.stringify(response)),
        keys.map(({ resourceId }) => resourceId),
      ],
    })
    return rowCount === keys.length
  }
}

// No user, operation or key has a control character in it.
function idOf({ userId, operation, key }: Pick<KeyedRequest, 'userId' | 'operation' | 'key'>): string {
  return `${userId}\n${operation}\n${key}`
}
