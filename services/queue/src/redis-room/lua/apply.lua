-- Brings the mirror from one version of the room to another: the room's limits, and every place that changed in between as it is
-- now. A caller that does not know the mirror's version learns it by BEHIND, which changes nothing.
-- ARGV: source, from version, to version, maxActive ('': off), admitPerSecond, paused (0/1), lastAdmitted, then of each place in the
--       order of its last change: user, digest, sequence, W | A | E (waiting, ACTIVE, ended), seen at (who waits) or deadline
--       (who is ACTIVE), show up by (0: seen), admitted at (ms; the last two of ACTIVE places, else 0)
-- Reply: OK, then of some of those who were let in: seconds that were predicted, seconds waited …; or BEHIND, the mirror's version
local now = now_ms()
local room = read_room(ARGV[1])
if not room then return { 'MISSING' } end
if room.version ~= tonumber(ARGV[2]) then return { 'BEHIND', room.version } end
-- So many of the newest estimates are kept with the real waits.
local ESTIMATES_KEPT = 200
local compared = {}

local function compare_prediction(user, admitted_at)
  local told = redis.call('HGET', PREDICTIONS, user)
  if not told then return end
  redis.call('HDEL', PREDICTIONS, user)
  local predicted, told_at = string.match(told, '^(%d+):(%d+)$')
  local waited = math.max(0, math.floor((admitted_at - tonumber(told_at)) / 1000 + 0.5))
  redis.call('LPUSH', ESTIMATES, predicted .. ':' .. waited)
  redis.call('LTRIM', ESTIMATES, 0, ESTIMATES_KEPT - 1)
  compared[#compared + 1] = tonumber(predicted)
  compared[#compared + 1] = waited
end

local function wait_in_line(user, sequence, seen_at)
  redis.call('ZADD', WAITING, sequence, user)
  redis.call('ZADD', SEEN, 'GT', seen_at, user)
end

local function let_in(user, sequence, deadline, show_up_by, admitted_at)
  redis.call('ZREM', WAITING, user)
  redis.call('ZREM', SEEN, user)
  redis.call('ZADD', ACTIVE, deadline, user)
  if show_up_by > 0 then redis.call('ZADD', UNSEEN, show_up_by, user) else redis.call('ZREM', UNSEEN, user) end
  if admitted_at > now - 60000 then redis.call('ZADD', ADMISSIONS, admitted_at, sequence) end
  compare_prediction(user, admitted_at)
end

local function take_out(user)
  for _, key in ipairs({ WAITING, SEEN, ACTIVE, UNSEEN }) do redis.call('ZREM', key, user) end
  redis.call('HDEL', TOKENS, user)
  redis.call('HDEL', PREDICTIONS, user)
end

for i = 8, #ARGV, 7 do
  local user, sequence, status = ARGV[i], tonumber(ARGV[i + 2]), ARGV[i + 3]
  local _, known = read_token(user)
  if status == 'E' then
    -- A place that the user took after this one had ended has a higher sequence, and stays.
    if known and known <= sequence then take_out(user) end
  else
    if known and known ~= sequence then take_out(user) end
    redis.call('HSET', TOKENS, user, ARGV[i + 1] .. ':' .. ARGV[i + 2])
    if status == 'W' then
      wait_in_line(user, ARGV[i + 2], ARGV[i + 4])
    else
      let_in(user, ARGV[i + 2], ARGV[i + 4], tonumber(ARGV[i + 5]), tonumber(ARGV[i + 6]))
    end
  end
end
-- Admissions are kept for a minute, since estimates are made from their rate.
redis.call('ZREMRANGEBYSCORE', ADMISSIONS, '-inf', now - 60000)
redis.call('HSET', ROOM, 'version', ARGV[3], 'maxActive', ARGV[4], 'admitPerSecond', ARGV[5], 'paused', ARGV[6],
  'lastAdmitted', ARGV[7])
return { 'OK', unpack(compared) }
