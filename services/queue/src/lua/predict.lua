-- Keeps what somebody who waits was told, to be compared with what comes of it. A bounded number a room at a time.
-- ARGV: epoch, user, sequence, seconds. Kept by user, and over a rebuild: the draw gives another sequence.
if not read_room(ARGV[1]) then return { 'MISSING' } end
local KEPT_MAX = 2000
if redis.call('HLEN', PREDICTIONS) < KEPT_MAX and redis.call('ZSCORE', WAITING, ARGV[2]) == ARGV[3] then
  redis.call('HSET', PREDICTIONS, ARGV[2], string.format('%s:%.0f', ARGV[4], now_ms()))
end
return { 'OK' }
