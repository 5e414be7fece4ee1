-- The room as everybody may see it.
-- ARGV: source
local now = now_ms()
local room = read_room(ARGV[1])
if not room then return { 'MISSING' } end
local front = redis.call('ZRANGE', WAITING, 0, 0, 'WITHSCORES')
local since = '(' .. (now - 60000)
local oldest = redis.call('ZRANGEBYSCORE', ADMISSIONS, since, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
return {
  'OK',
  now,
  front[2] and tonumber(front[2]) - 1 or room.last_admitted,
  redis.call('ZCARD', WAITING),
  redis.call('ZCOUNT', ACTIVE, '(' .. now, '+inf') - redis.call('ZCOUNT', UNSEEN, '-inf', now),
  redis.call('ZCOUNT', ADMISSIONS, since, '+inf'),
  oldest[2] and tonumber(oldest[2]) or 0,
  room.max_active or -1,
  room.admit_per_second,
  room.paused and 1 or 0,
}
