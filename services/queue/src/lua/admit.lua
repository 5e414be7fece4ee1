-- Ends what is over, counts, and lets in the next: one step, so that any number of schedulers at once stay within
-- maxActive and within admitPerSecond of every rolling second, in the order of places.
-- ARGV: epoch, openAt, endAt, active ms, waiting ms, batch, whether the on-sale is over for good
local now = now_ms()
local room = read_room(ARGV[1])
if not room then return { 'MISSING' } end
local open_at, end_at = tonumber(ARGV[2]), tonumber(ARGV[3])
local deadline = now + tonumber(ARGV[4])
local batch = tonumber(ARGV[6])

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
-- A minute of them is kept, for the rate that estimates are made from.
redis.call('ZREMRANGEBYSCORE', ADMISSIONS, '-inf', now - 60000)

local admitted = {}
local places = math.min(capacity(room, now, open_at, end_at), batch)
if places > 0 then
  local next_ones = redis.call('ZRANGE', WAITING, 0, places - 1, 'WITHSCORES')
  for i = 1, #next_ones, 2 do
    local user, sequence = next_ones[i], tonumber(next_ones[i + 1])
    admit(room, now, user, sequence, deadline)
    admitted[#admitted + 1] = sequence
  end
end
return { 'OK', now, deadline, redis.call('ZCARD', WAITING), redis.call('ZCARD', ACTIVE), admitted, ended }
