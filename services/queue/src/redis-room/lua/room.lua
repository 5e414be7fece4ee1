-- What all scripts of a waiting room share; put before each of them.
--
-- Every key comes in KEYS and has the room's hash tag. The room's hash holds `source`, which names the database that it mirrors, and
-- `version`, the last change of the room that it has. A caller brings the source it works with, so a room that is gone, is not
-- finished or mirrors another database answers MISSING and is built from PostgreSQL. Nothing is decided here: see mirror.ts.
local ROOM, WAITING, ACTIVE, UNSEEN, SEEN, TOKENS, ADMISSIONS, PREDICTIONS, ESTIMATES = unpack(KEYS)

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- nil where the room has to be built first.
local function read_room(source)
  local fields = redis.call('HMGET', ROOM, 'source', 'version', 'maxActive', 'admitPerSecond', 'paused', 'lastAdmitted')
  if fields[1] ~= source or not fields[2] then return nil end
  return {
    version = tonumber(fields[2]),
    max_active = tonumber(fields[3]), -- nil: the waiting room is off
    admit_per_second = tonumber(fields[4]),
    paused = fields[5] == '1',
    last_admitted = tonumber(fields[6]),
  }
end

-- A token's record is `<digest>:<sequence>`.
local function read_token(user)
  local record = redis.call('HGET', TOKENS, user)
  if not record then return nil end
  local digest, sequence = string.match(record, '^(.*):(%d+)$')
  return digest, tonumber(sequence)
end
