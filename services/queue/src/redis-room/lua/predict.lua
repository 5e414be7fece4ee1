-- Stores the wait that somebody who waits was told, to be compared with the real one; a bounded number for each room.
-- ARGV: source, user, seconds
-- It is stored by user and kept when the room is built again, because the draw gives the place another sequence.
if not read_room(ARGV[1]) then return { 'MISSING' } end
local KEPT_MAX = 2000
if redis.call('HLEN', PREDICTIONS) < KEPT_MAX then
  redis.call('HSET', PREDICTIONS, ARGV[2], string.format('%s:%.0f', ARGV[3], now_ms()))
end
return { 'OK' }
