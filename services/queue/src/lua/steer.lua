-- Sets new limits. An older change that comes late is ignored.
-- ARGV: epoch, version, maxActive ('' is off), admitPerSecond, paused (0/1)
if not read_room(ARGV[1]) then return { 'MISSING' } end
local version = tonumber(redis.call('HGET', ROOM, 'version') or 0)
if tonumber(ARGV[2]) > version then
  redis.call('HSET', ROOM, 'version', ARGV[2], 'maxActive', ARGV[3], 'admitPerSecond', ARGV[4], 'paused', ARGV[5])
end
return { 'OK', now_ms() }
