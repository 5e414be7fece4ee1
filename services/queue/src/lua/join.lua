-- Puts places that PostgreSQL holds into the room, in the order they come, or gives one that is there already a new token
-- value. Doing it twice changes nothing. Many at once: those who share an INSERT share this call too (waiting-rooms.ts).
-- ARGV: epoch, most waiting, active ms, then of each: user, digest, sequence, deadline (of a place that was ACTIVE, else 0),
--       may enter (0/1), openAt, endAt, whether nobody came early (0/1)
-- Reply: OK, then of each a place_of, or { ENDED | FULL, now }. A place_of of one who went straight in goes on with: active
--        after it, maxActive (-1: off), admitPerSecond
local now = now_ms()
local room = read_room(ARGV[1])
if not room then return { 'MISSING' } end
local waiting_max, active_ms = tonumber(ARGV[2]), tonumber(ARGV[3])

local function enter(user, digest, sequence, deadline, may_enter, open_at, end_at, nobody_early)
  local known = read_token(user)
  -- Rows of PostgreSQL decide which place is a user's; a higher one was given after this one had ended.
  if known and known.sequence > sequence then return { 'ENDED', now } end
  if known and known.sequence < sequence then
    remove(user)
    known = nil
  end
  if nobody_early and not room.drawn then
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
      if may_enter and redis.call('ZCARD', WAITING) >= waiting_max then return { 'FULL', now } end
      redis.call('ZADD', WAITING, sequence, user)
      redis.call('ZADD', SEEN, now, user)
    end
  end
  local token = { digest = digest, sequence = sequence, entered = known and known.entered or now }
  redis.call('HSET', TOKENS, user, token_record(digest, sequence, token.entered))
  -- The user is let in at once where nobody stands before and there is room.
  if may_enter and redis.call('ZRANK', WAITING, user) == 0 then
    local places, active = capacity(room, now, open_at, end_at)
    if places > 0 then
      admit(room, now, user, token, now + active_ms, active + 1)
      local place = place_of(room, now, user, token)
      place[8], place[9], place[10] = active + 1, room.max_active or -1, room.admit_per_second
      return place
    end
  end
  return place_of(room, now, user, token)
end

local reply = { 'OK' }
for i = 4, #ARGV, 8 do
  reply[#reply + 1] = enter(ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3]), ARGV[i + 4] == '1',
    tonumber(ARGV[i + 5]), tonumber(ARGV[i + 6]), ARGV[i + 7] == '1')
end
return reply
