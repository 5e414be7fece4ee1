-- Moves the deadline of an ACTIVE place out, never nearer, and not further from now than the limit. The sequence names the place,
-- because its token may have got another value.
-- ARGV: epoch, user, sequence, until ms, limit ms
local now = now_ms()
local room = read_room(ARGV[1])
if not room then return { 'MISSING' } end
local token = read_token(ARGV[2])
if not token or token.sequence ~= tonumber(ARGV[3]) then return { 'UNKNOWN', now } end
local deadline = tonumber(redis.call('ZSCORE', ACTIVE, ARGV[2]) or 0)
if deadline > now then
  local wanted = math.min(tonumber(ARGV[4]), now + tonumber(ARGV[5]))
  if wanted > deadline then redis.call('ZADD', ACTIVE, wanted, ARGV[2]) end
end
return place_of(room, now, ARGV[2], token)
