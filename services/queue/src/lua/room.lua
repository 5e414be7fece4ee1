-- What all scripts of a waiting room share; put before each of them.
--
-- Every key comes in KEYS and has the room's hash tag. The room hash holds `epoch`: the run id of the Redis server that
-- the room was built under. A caller brings the run id it talks to, so a room from before a restart (which may have
-- lost its last second), and a room that is gone, answer MISSING and are built again from PostgreSQL.
local ROOM, WAITING, ACTIVE, SEEN, TOKENS, ADMISSIONS = unpack(KEYS)

-- One clock for all instances: this server's.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- nil where the room has to be built first.
local function read_room(epoch)
  local fields = redis.call('HMGET', ROOM, 'epoch', 'maxActive', 'admitPerSecond', 'paused', 'lastAdmitted')
  if fields[1] ~= epoch then return nil end
  return {
    max_active = tonumber(fields[2]), -- nil: the waiting room is off
    admit_per_second = tonumber(fields[3]),
    paused = fields[4] == '1',
    last_admitted = tonumber(fields[5]) or 0,
  }
end

-- How many may go in now. Places whose time is over count no more, whether or not they are tidied away already.
local function capacity(room, now, open_at, end_at)
  if room.paused or now < open_at or now >= end_at then return 0 end
  if room.max_active == nil then return math.huge end
  local free = room.max_active - redis.call('ZCOUNT', ACTIVE, '(' .. now, '+inf')
  local rate = room.admit_per_second - redis.call('ZCOUNT', ADMISSIONS, '(' .. (now - 1000), '+inf')
  return math.max(0, math.min(free, rate))
end

local function admit(room, now, user, sequence, deadline)
  redis.call('ZREM', WAITING, user)
  redis.call('ZREM', SEEN, user)
  redis.call('ZADD', ACTIVE, deadline, user)
  redis.call('ZADD', ADMISSIONS, now, sequence)
  if sequence > room.last_admitted then
    room.last_admitted = sequence
    redis.call('HSET', ROOM, 'lastAdmitted', sequence)
  end
end

-- A token's record is `<digest>:<sequence>`.
local function read_token(user)
  local record = redis.call('HGET', TOKENS, user)
  if not record then return nil end
  local digest, sequence = string.match(record, '^(.*):(%d+)$')
  return { digest = digest, sequence = tonumber(sequence) }
end

local function remove(user)
  redis.call('ZREM', WAITING, user)
  redis.call('ZREM', ACTIVE, user)
  redis.call('ZREM', SEEN, user)
  redis.call('HDEL', TOKENS, user)
end

-- status, now, sequence, people before (WAITING), deadline (ACTIVE), waiting in all, room off
local function place_of(room, now, user, token)
  local off = room.max_active == nil and 1 or 0
  local deadline = redis.call('ZSCORE', ACTIVE, user)
  if deadline then
    local status = tonumber(deadline) > now and 'ACTIVE' or 'ENDED'
    return { status, now, token.sequence, 0, tonumber(deadline), 0, off }
  end
  local rank = redis.call('ZRANK', WAITING, user)
  if not rank then return { 'UNKNOWN', now } end
  return { 'WAITING', now, token.sequence, rank, 0, redis.call('ZCARD', WAITING), off }
end
