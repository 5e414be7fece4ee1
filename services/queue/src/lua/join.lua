-- Puts a place that PostgreSQL holds into the room, or gives the one that is there already a new token value. Doing it
-- twice changes nothing.
-- ARGV: epoch, user, digest, sequence, deadline (of a place that was ACTIVE, else 0), may enter (0/1), most waiting,
--       openAt, endAt, active ms
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
redis.call('HSET', TOKENS, user, digest .. ':' .. sequence)
-- Straight in: nobody stands before, and there is room.
if ARGV[6] == '1' and redis.call('ZRANK', WAITING, user) == 0 then
  if capacity(room, now, tonumber(ARGV[8]), tonumber(ARGV[9])) > 0 then
    admit(room, now, user, sequence, now + tonumber(ARGV[10]))
  end
end
return place_of(room, now, user, { sequence = sequence })
