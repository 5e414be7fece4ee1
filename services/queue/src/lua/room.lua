-- What all scripts of a waiting room share; put before each of them.
--
-- Every key comes in KEYS and has the room's hash tag. The room hash holds `epoch`: what it was built under (redis-gate.ts).
-- A caller brings the epoch it works under, so a room from before a restart (which may have lost its last second), and a
-- room that is gone, answer MISSING and are built again from PostgreSQL.
local ROOM, WAITING, ACTIVE, SEEN, TOKENS, ADMISSIONS, PREDICTIONS, ESTIMATES = unpack(KEYS)

-- One clock for all instances: this server's.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- nil where the room has to be built first.
local function read_room(epoch)
  local fields = redis.call('HMGET', ROOM, 'epoch', 'maxActive', 'admitPerSecond', 'paused', 'lastAdmitted', 'drawn')
  if fields[1] ~= epoch then return nil end
  return {
    max_active = tonumber(fields[2]), -- nil: the waiting room is off
    admit_per_second = tonumber(fields[3]),
    paused = fields[4] == '1',
    last_admitted = tonumber(fields[5]) or 0,
    drawn = fields[6] == '1', -- nobody goes in before those who came early are in their drawn order
  }
end

-- How many may go in now, and how many are in. Places whose time is over count no more, whether or not they are tidied
-- away already.
local function capacity(room, now, open_at, end_at)
  local active = redis.call('ZCOUNT', ACTIVE, '(' .. now, '+inf')
  if room.paused or not room.drawn or now < open_at or now >= end_at then return 0, active end
  if room.max_active == nil then return math.huge, active end
  local free = room.max_active - active
  local rate = room.admit_per_second - redis.call('ZCOUNT', ADMISSIONS, '(' .. (now - 1000), '+inf')
  return math.max(0, math.min(free, rate)), active
end

-- A token's record is `<digest>:<sequence>:<when it entered this room, ms>`.
local function read_token(user)
  local record = redis.call('HGET', TOKENS, user)
  if not record then return nil end
  local digest, sequence, entered = string.match(record, '^(.*):(%d+):(%d+)$')
  return { digest = digest, sequence = tonumber(sequence), entered = tonumber(entered) }
end

local function token_record(digest, sequence, entered)
  return string.format('%s:%.0f:%.0f', digest, sequence, entered)
end

-- Lets one person in, as number `active` of those who are in. The fields of the log's entry are kept for a minute, so that another
-- instance can write the entry where this one ends before it has.
local function admit(room, now, user, token, deadline, active)
  redis.call('ZREM', WAITING, user)
  redis.call('ZREM', SEEN, user)
  redis.call('ZADD', ACTIVE, deadline, user)
  redis.call('ZADD', ADMISSIONS, now, string.format('%.0f:%.0f:%.0f:%.0f:%s:%.0f', token.sequence, token.entered, deadline,
    active, room.max_active or '', room.admit_per_second))
  if token.sequence > room.last_admitted then
    room.last_admitted = token.sequence
    redis.call('HSET', ROOM, 'lastAdmitted', token.sequence)
  end
end

local function remove(user)
  redis.call('ZREM', WAITING, user)
  redis.call('ZREM', ACTIVE, user)
  redis.call('ZREM', SEEN, user)
  redis.call('HDEL', TOKENS, user)
  redis.call('HDEL', PREDICTIONS, user)
end

-- status, now, sequence, people before (WAITING), deadline (ACTIVE), waiting in all, room off
local function place_of(room, now, user, token)
  local off = room.max_active == nil and 1 or 0
  -- WAITING is read first, because most of those who ask still wait.
  local rank = redis.call('ZRANK', WAITING, user)
  if rank then return { 'WAITING', now, token.sequence, rank, 0, redis.call('ZCARD', WAITING), off } end
  local deadline = tonumber(redis.call('ZSCORE', ACTIVE, user))
  if not deadline then return { 'UNKNOWN', now } end
  return { deadline > now and 'ACTIVE' or 'ENDED', now, token.sequence, 0, deadline, 0, off }
end
