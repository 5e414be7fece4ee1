-- Puts a place that PostgreSQL holds into the room, or gives the one that is there already a new token value. Doing it
-- twice changes nothing.
-- ARGV: epoch, user, digest, sequence, deadline (of a place that was ACTIVE, else 0), may enter (0/1), most waiting,
--       openAt, endAt, active ms, whether nobody came early (0/1)
-- Reply: that of place_of; of one who went straight in also: active after it, maxActive (-1: off), admitPerSecond
local now = now_ms()
local room = read_room(ARGV[1])
if not room then return { 'MISSING' } end
local user, digest, sequence = ARGV[2], ARGV[3], tonumber(ARGV[4])
local known = read_token(user)
local deadline = tonumber(ARGV[5])
-- Rows of PostgreSQL decide which place is a user's; a higher one was given after this one had ended.
if known and known.sequence > sequence then return { 'ENDED', now } end
if known and known.sequence < sequence then
  remove(user)
  known = nil
end
if ARGV[11] == '1' and not room.drawn then
  -- The room was built before the opening, and there is nobody to draw.
  room.drawn = true
  redis.call('HSET', ROOM, 'drawn', 1)
end
if known and deadline > now then
  -- Admitted or extended while Redis was away.
  redis.call('ZREM', WAITING, user)
  redis.call('ZREM', SEEN, user)
  redis.call('ZADD', ACTIVE, 'GT', deadline, user)
end
if not known then
  if deadline > 0 and deadline <= now then return { 'ENDED', now } end
  if deadline > 0 then
    redis.call('ZADD', ACTIVE, deadline, user)
  else
    if ARGV[6] == '1' and redis.call('ZCARD', WAITING) >= tonumber(ARGV[7]) then return { 'FULL', now } end
    redis.call('ZADD', WAITING, sequence, user)
    redis.call('ZADD', SEEN, now, user)
  end
end
local token = { digest = digest, sequence = sequence, entered = known and known.entered or now }
redis.call('HSET', TOKENS, user, token_record(digest, sequence, token.entered))
-- Straight in: nobody stands before, and there is room.
if ARGV[6] == '1' and redis.call('ZRANK', WAITING, user) == 0 then
  local places, active = capacity(room, now, tonumber(ARGV[8]), tonumber(ARGV[9]))
  if places > 0 then
    admit(room, now, user, token, now + tonumber(ARGV[10]), active + 1)
    local reply = place_of(room, now, user, token)
    reply[8], reply[9], reply[10] = active + 1, room.max_active or -1, room.admit_per_second
    return reply
  end
end
return place_of(room, now, user, token)
