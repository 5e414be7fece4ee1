-- Moves the deadline of an ACTIVE place out, never nearer, and not further from now than the limit.
-- ARGV: epoch, user, digest, until ms, limit ms
local now = now_ms()
local room = read_room(ARGV[1])
if not room then return { 'MISSING' } end
local token = read_token(ARGV[2])
if not token then return { 'UNKNOWN', now } end
if token.digest ~= ARGV[3] then return { 'REISSUED', now } end
local deadline = tonumber(redis.call('ZSCORE', ACTIVE, ARGV[2]) or 0)
if deadline > now then
  local wanted = math.min(tonumber(ARGV[4]), now + tonumber(ARGV[5]))
  if wanted > deadline then redis.call('ZADD', ACTIVE, wanted, ARGV[2]) end
end
return place_of(room, now, ARGV[2], token)
