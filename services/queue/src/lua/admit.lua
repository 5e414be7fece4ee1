-- Ends the places whose time is over, counts who is in, and lets the next people in. This is one step, so that any number of
-- schedulers at once stay within maxActive and within admitPerSecond of every rolling second, in the order of places.
-- ARGV: epoch, openAt, endAt, active ms, waiting ms, batch, whether the on-sale is over for good
-- Reply: OK, now, deadline, waiting, active, maxActive (-1: off), admitPerSecond, whether a draw is due (0/1),
--        admitted: sequence, entered, active after it, seconds that were predicted (-1: none stored), seconds waited …,
--        ended: sequence …
local now = now_ms()
local room = read_room(ARGV[1])
if not room then return { 'MISSING' } end
local open_at, end_at = tonumber(ARGV[2]), tonumber(ARGV[3])
local deadline = now + tonumber(ARGV[4])
local batch = tonumber(ARGV[6])
-- So many of the newest estimates are kept with the real waits.
local ESTIMATES_KEPT = 200

local ended = {}
local function finish(users)
  for _, user in ipairs(users) do
    local token = read_token(user)
    if token then ended[#ended + 1] = token.sequence end
    remove(user)
  end
end
finish(redis.call('ZRANGEBYSCORE', ACTIVE, '-inf', now, 'LIMIT', 0, batch))
finish(redis.call('ZRANGEBYSCORE', SEEN, '-inf', now - tonumber(ARGV[5]), 'LIMIT', 0, batch))
if ARGV[7] == '1' then finish(redis.call('ZRANGE', WAITING, 0, batch - 1)) end
-- Admissions are kept for a minute, since estimates are made from their rate.
redis.call('ZREMRANGEBYSCORE', ADMISSIONS, '-inf', now - 60000)

-- The wait that a person was told at the join, and the time since then; seconds. The first is -1 where no estimate was stored.
local function compare_prediction(user)
  local told = redis.call('HGET', PREDICTIONS, user)
  if not told then return -1, 0 end
  redis.call('HDEL', PREDICTIONS, user)
  local predicted, told_at = string.match(told, '^(%d+):(%d+)$')
  local waited = math.floor((now - tonumber(told_at)) / 1000 + 0.5)
  redis.call('LPUSH', ESTIMATES, predicted .. ':' .. waited)
  redis.call('LTRIM', ESTIMATES, 0, ESTIMATES_KEPT - 1)
  return tonumber(predicted), waited
end

local admitted = {}
local places, active = capacity(room, now, open_at, end_at)
places = math.min(places, batch)
if places > 0 then
  for _, user in ipairs(redis.call('ZRANGE', WAITING, 0, places - 1)) do
    local token = read_token(user)
    active = active + 1
    admit(room, now, user, token, deadline, active)
    for _, value in ipairs({ token.sequence, token.entered, active, compare_prediction(user) }) do admitted[#admitted + 1] = value end
  end
end
local draw_due = (not room.drawn and now >= open_at and now < end_at) and 1 or 0
return { 'OK', now, deadline, redis.call('ZCARD', WAITING), active, room.max_active or -1, room.admit_per_second, draw_due,
  admitted, ended }
