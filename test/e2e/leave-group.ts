import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createKafka } from '@frontrow/messaging/kafka'
import { createLogger } from '@frontrow/service-host/logger'

const LEAVE_GROUP = 13
const UNKNOWN_MEMBER = 25
const ANSWER_WITHIN_MS = 5_000

/**
 * Tells the broker that the members of a group are gone, as they would have if they had not been killed. By itself it waits 10 s for
 * them, and nobody gets their partitions meanwhile. kafkajs lets only a member itself leave, so the request is made here.
 */
export async function leaveForTheDead(brokers: string, groupId: string): Promise<void> {
  const logger = createLogger({ service: 'leave-group', level: 'silent' })
  const admin = createKafka({ clientId: 'leave-group', brokers: brokers.split(','), logger }).admin()
  await admin.connect()
  try {
    const { groups } = await admin.describeGroups([groupId])
    const memberIds = groups.flatMap(({ members }) => members.map(({ memberId }) => memberId))
    // The only broker of a test run is the coordinator of all groups.
    const [host = '', port = ''] = (brokers.split(',')[0] ?? '').split(':')
    for (const memberId of memberIds) await leave(connect(Number(port), host), groupId, memberId)
  } finally {
    await admin.disconnect()
  }
}

async function leave(socket: Socket, groupId: string, memberId: string): Promise<void> {
  try {
    // Version 0 with correlation id 1 and no client id.
    const header = Buffer.from([0, LEAVE_GROUP, 0, 0, 0, 0, 0, 1, 0xff, 0xff])
    socket.write(sized(4, Buffer.concat([header, text(groupId), text(memberId)])))
    const [answer] = await Promise.race([
      once(socket, 'data'),
      delay(ANSWER_WITHIN_MS, [Buffer.alloc(10, 0xff)], { ref: false }),
    ])
    const code = answer.readInt16BE(8)
    // Its session may have ended in the meantime, which is what is wanted.
    if (code !== 0 && code !== UNKNOWN_MEMBER)
      throw new Error(`${memberId} could not leave ${groupId}: error ${code} of Kafka`)
  } finally {
    socket.destroy()
  }
}

function text(value: string): Buffer {
  return sized(2, Buffer.from(value))
}

function sized(sizeBytes: 2 | 4, content: Buffer): Buffer {
  const size = Buffer.alloc(sizeBytes)
  size.writeUIntBE(content.length, 0, sizeBytes)
  return Buffer.concat([size, content])
}
