-- Where people stand. Many are asked for at once: a crowd's polls share a call (redis-room.ts).
-- ARGV: source, after how long to note anew that somebody who waits was seen (ms), then of each: user, digest
-- Reply: OK, then of each { status, now, sequence, people before, deadline, waiting in all, room off (0/1), note seen (0/1) },
--        or { NONE }: no live place that this mirror knows of
local now = now_ms()
local room = read_room(ARGV[1])
if not room then return { 'MISSING' } end
local note_after = tonumber(ARGV[2])
local off = room.max_active == nil and 1 or 0

-- SEEN is read before it is written, because a read costs a fraction of a write, which goes to the append-only file too.
local function is_note_due(user)
  local seen = tonumber(redis.call('ZSCORE', SEEN, user))
  if seen and seen > now - note_after then return 0 end
  redis.call('ZADD', SEEN, now, user)
  return 1
end

local function find(user, digest)
  local current, sequence = read_token(user)
  if current ~= digest then return { 'NONE' } end
  -- WAITING is read first, because most of those who ask still wait.
  local rank = redis.call('ZRANK', WAITING, user)
  if rank then return { 'WAITING', now, sequence, rank, 0, redis.call('ZCARD', WAITING), off, is_note_due(user) } end
  local deadline = tonumber(redis.call('ZSCORE', ACTIVE, user))
  local show_up_by = tonumber(redis.call('ZSCORE', UNSEEN, user))
  if not deadline or deadline <= now or (show_up_by and show_up_by <= now) then return { 'NONE' } end
  return { 'ACTIVE', now, sequence, 0, deadline, 0, off, show_up_by and 1 or 0 }
end

local reply = { 'OK' }
for i = 3, #ARGV, 2 do reply[#reply + 1] = find(ARGV[i], ARGV[i + 1]) end
return reply
