-- Keeps what somebody who waits was told, to be compared with what comes of it. A bounded number a room at a time.
-- ARGV: epoch, user, sequence, seconds
if not read_room(ARGV[1]) then return { 'MISSING' } end
local KEPT_MAX = 2000
if redis.call('HLEN', PREDICTIONS) < KEPT_MAX and redis.call('ZSCORE', WAITING, ARGV[2]) == ARGV[3] then
  redis.call('HSETNX', PREDICTIONS, ARGV[3], ARGV[4])
end
return { 'OK' }
