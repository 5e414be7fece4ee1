-- The room as everybody may see it.
-- ARGV: source
local now = now_ms()
local room = read_room(ARGV[1])
if not room then return { 'MISSING' } end
local front = redis.call('ZRANGE', WAITING, 0, 0, 'WITHSCORES')
local since = '(' .. (now - 60000)
-- Who did not show up in time is not in any more. A round ends these places within a moment, so that there are
-- few, but while PostgreSQL is away.
local active = redis.call('ZCOUNT', ACTIVE, '(' .. now, '+inf')
for _, user in ipairs(redis.call('ZRANGEBYSCORE', UNSEEN, '-inf', now, 'LIMIT', 0, 1000)) do
  if tonumber(redis.call('ZSCORE', ACTIVE, user)) > now then active = active - 1 end
end
local oldest = redis.call('ZRANGEBYSCORE', ADMISSIONS, since, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return {
  'OK',
  now,
  front[2] and tonumber(front[2]) - 1 or room.last_admitted,
  redis.call('ZCARD', WAITING),
  active,
  redis.call('ZCOUNT', ADMISSIONS, since, '+inf'),
  oldest[2] and tonumber(oldest[2]) or 0,
  room.max_active or -1,
  room.admit_per_second,
  room.paused and 1 or 0,
}
